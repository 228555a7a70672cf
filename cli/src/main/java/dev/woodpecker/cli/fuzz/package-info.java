/** Looks for inputs that Woodpecker gets wrong: damaged model files, and random graphs beside ONNX Runtime. */
@NullMarked
package dev.woodpecker.cli.fuzz;

import org.jspecify.annotations.NullMarked;
