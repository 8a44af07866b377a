"""``python -m sekali``."""

from sekali.cli import main

if __name__ == "__main__":
    main()
