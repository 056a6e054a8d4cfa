"""What pyproject.toml cannot say: the files in `resources/` become part of the package, as `workbench/_resources`."""

from __future__ import annotations

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithResources(build_py):
    """Copies `resources/` into what is built; an editable install reads it where it lies."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            for source, target in self._resources().items():
                self.mkpath(str(Path(target).parent))
                self.copy_file(source, target)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        return [*super().get_outputs(include_bytecode), *self._resources().values()]

    def get_source_files(self) -> list[str]:
        return [*super().get_source_files(), *self._resources()]

    def _resources(self) -> dict[str, str]:
        """Where each shipped file lies, and where it goes."""
        target = Path(self.build_lib, "workbench", "_resources")
        files = sorted(path for path in Path("resources").rglob("*") if path.is_file())
        return {str(path): str(target / path.relative_to("resources")) for path in files}


setup(cmdclass={"build_py": BuildWithResources})
