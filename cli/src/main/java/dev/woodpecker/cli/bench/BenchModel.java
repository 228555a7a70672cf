package dev.woodpecker.cli.bench;

import java.nio.file.Path;

/** A model to time, and what it is called in the table. */
public record BenchModel(String name, Path file) {}
