"""What every test can ask for: databases, and a desk whose phones ring."""

pytest_plugins = ["tests.databases", "tests.desk"]
