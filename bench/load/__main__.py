"""The generator, as a program: see bench/load/generator.py."""

from bench.load.generator import main

if __name__ == "__main__":
    main()
