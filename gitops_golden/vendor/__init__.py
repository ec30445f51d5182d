"""What a virtualization platform's vendor ships by itself, as values. It imports nothing but ``errors``."""
