"""Builds the compiled part of the package by CMake: `pip install --no-build-isolation .` needs what tools/setup installs,
and no network."""

import pathlib
import subprocess
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = pathlib.Path(__file__).resolve().parent


class CMakeBuild(build_ext):
    def build_extension(self, extension):
        build = pathlib.Path(self.build_temp).resolve()
        target = pathlib.Path(self.get_ext_fullpath(extension.name)).resolve()
        target.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cmake", "-G", "Ninja", "-S", ROOT, "-B", build, "-DCMAKE_BUILD_TYPE=Release", "-DATTEND_BUILD_PYTHON=ON",
                        "-DATTEND_BUILD_TRAINING=OFF", "-DATTEND_BUILD_TESTS=OFF",
                        f"-DPython3_EXECUTABLE={sys.executable}"], check=True)
        subprocess.run(["cmake", "--build", build, "--target", "attend_python", "attend_subwords"], check=True)
        for built in [*(build / "python" / "attend").glob("_attend*.so"), build / "bin" / "libattend_subwords.so"]:
            place = target if built.name.startswith("_attend") else target.parent / built.name
            self.copy_file(str(built), str(place))
        # The ready models, where the compiled part looks for them.
        for file in (ROOT / "models").glob("*/*"):
            place = target.parent / "share" / "attend" / "models" / file.parent.name / file.name
            place.parent.mkdir(parents=True, exist_ok=True)
            self.copy_file(str(file), str(place))


setup(version=(ROOT / "VERSION").read_text(encoding="utf-8").strip(),
      ext_modules=[Extension("attend._attend", sources=[])], cmdclass={"build_ext": CMakeBuild})
