"""Maps the top-level folders to the packages `tunec`, `tunec.dsl`, `tunec.compiler` and `tunec.runtime`."""

from setuptools import find_namespace_packages, find_packages, setup

ROOMS = {"tunec": "cli", "tunec.dsl": "dsl", "tunec.compiler": "compiler", "tunec.runtime": "runtime"}

setup(
    package_dir=ROOMS,
    packages=[
        *ROOMS,
        *(f"{room}.{package}" for room, folder in ROOMS.items() for package in find_packages(folder)),
        # Folders of data: starter projects, which hold no code.
        *(f"tunec.{folder}" for folder in find_namespace_packages("cli", include=["templates.*"])),
    ],
)
