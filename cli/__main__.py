"""`python -m tunec`."""

from tunec.main import main

main()
