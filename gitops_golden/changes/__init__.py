"""What publishing would change, in the terms of images: fields, volumes, and what stands beside deliveries. Pure."""
