"""What every operator is written with: its declaration, the words of its signature, what a method asks and what the
engine offers, resource files, and worker threads."""
