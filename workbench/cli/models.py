"""`workbench models`: what can be trained, what its nets look like, what comes trained with the program, and an encoder
for a model without one."""

from __future__ import annotations

from typing import Annotated

import typer

from workbench.cli.console import run_job
from workbench.cli.options import Json, Run
from workbench.cli.output import say, say_json, say_table

app = typer.Typer(help="What can be trained, and what its nets look like.", no_args_is_help=True)


@app.command("list")
def list_models(json: Json = False) -> None:
    """List the models and their presets."""
    from workbench.core.models.registry import MODELS, model_class

    models = [model_class(name) for name in MODELS]
    if json:
        say_json(
            [{"name": m.name, "title": m.title, "summary": m.summary, "presets": dict(m.about_presets)} for m in models]
        )
        return
    for number, model in enumerate(models):
        if number:
            say()
        say(f"{model.name}: {model.summary}")
        say_table([(f"  {preset}", about) for preset, about in model.about_presets.items()])


@app.command()
def shipped(json: Json = False) -> None:
    """List the models that come with the program, to edit with at once; MODEL may be the name of one."""
    from workbench.core.runs.shipped import shipped_models

    found = shipped_models().values()
    if json:
        say_json([{"name": m.name, "title": m.title, "note": m.note, "path": m.path, "card": m.card} for m in found])
        return
    say_table([(model.name, f"{model.title}. {model.note}") for model in found])


@app.command()
def encoder(
    run: Run,
    minutes: Annotated[float, typer.Option(min=0.01, help="How long to learn.")] = 2.0,
    seed: Annotated[int, typer.Option(min=0, help="Of the pictures it learns from.")] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    json: Json = False,
) -> None:
    """Let a GAN learn to read faces from the ones that it makes up, so that concepts can be found in photos.

    'workbench concepts find' does it by itself where it is missing; the run keeps the encoder, and exports have it.
    """
    from workbench.core.training.budget import Budget
    from workbench.jobs.fit_encoder import fit_encoder

    learned = run_job(
        lambda control: fit_encoder(run, control, budget=Budget(minutes=minutes), seed=seed, device=device)
    )
    if json:
        say_json({"psnr": learned.psnr})
    else:
        say(f"Learned: the model's own faces come back at {learned.psnr:.1f} dB from the codes it reads at once.")


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A model; 'workbench models list' names them.")],
    preset: Annotated[str | None, typer.Option(metavar="NAME", help="A named set of settings of the model.")] = None,
    size: Annotated[int | None, typer.Option(metavar="PIXELS", help="Side of the pictures.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A setting; may be repeated.")
    ] = None,
    json: Json = False,
) -> None:
    """Print a model's layers as the slides do: each with its output shape and parameters."""
    from workbench.core.models.base import preset_settings, usual_size
    from workbench.core.models.layers import layer_table
    from workbench.core.models.registry import model_class
    from workbench.core.settings import parse_pairs

    model = model_class(name)
    chosen = preset_settings(model, preset, parse_pairs(settings or []))
    net = model(chosen, usual_size(model, chosen, preset) if size is None else size)
    layers = layer_table(net)
    totals = {part: sum(row.parameters for row in layers if row.part == part) for part in net.parts()}
    if json:
        say_json(
            {
                "model": name,
                "preset": preset or next(iter(model.presets)),
                "size": net.size,
                "settings": chosen.model_dump(),
                "layers": layers,
                "parameters": totals,
            }
        )
        return
    for number, part in enumerate(totals):
        if number:
            say()
        say(f"{part.capitalize()}, {net.size} px")
        rows = [
            (row.name, row.detail, " x ".join(map(str, row.shape)), row.parameters)
            for row in layers
            if row.part == part
        ]
        say_table(rows, header=("layer", "", "output shape", "parameters"))
        say(f"Parameters: {totals[part]:,}")
