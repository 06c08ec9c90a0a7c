"""The ranges of all recipes. The TypeScript twin reads the same file, so the two cannot drift apart."""

import json
from pathlib import Path

PARAMETERS = json.loads((Path(__file__).parents[2] / "recipes.json").read_text())
