from mlpy.sdk import ml_function, ml_module


@ml_module("greetings", description="Says hello.", version="1.0.0")
class Greetings:
    """Says hello."""

    @ml_function
    def hello(self, name: str) -> str:
        """Greets somebody. Example: `greetings.hello("Ada")`."""
        return f"hello {name}"
