"""The command line: typer commands over jobs."""
