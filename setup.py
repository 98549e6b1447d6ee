"""Maps the top-level folders to the packages `tunec`, `tunec.dsl`, `tunec.compiler` and `tunec.runtime`."""

from setuptools import find_packages, setup

ROOMS = {"tunec": "cli", "tunec.dsl": "dsl", "tunec.compiler": "compiler", "tunec.runtime": "runtime"}

setup(
    package_dir=ROOMS,
    packages=[
        *ROOMS,
        *(f"{room}.{package}" for room, folder in ROOMS.items() for package in find_packages(folder)),
    ],
)
