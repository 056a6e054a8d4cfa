"""Long work as generators: a job yields frozen events and returns its result. No Qt."""
