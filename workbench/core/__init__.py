"""What is true without a screen: pictures, data, models, training, concepts, faces, editing. No Qt, no command line."""
