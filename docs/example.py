"""From drawn faces to an edited portrait: put a portrait.jpg beside this file and start it."""

import workbench

trained = workbench.train("builtin:avatars", minutes=5)
for concept in workbench.find_concepts(trained.run, "builtin:avatars"):
    print(concept.name, concept.direction.auc)
print(workbench.evaluate(trained.run, "builtin:avatars").psnr, "dB")
workbench.edit("portrait.jpg", trained.run, "smiling.png", {"Smiling": 1.5})
workbench.export_model(trained.run, "avatars.workbench")
