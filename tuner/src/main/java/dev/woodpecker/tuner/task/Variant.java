package dev.woodpecker.tuner.task;

import dev.woodpecker.compiler.ir.TensorProgram;

/**
 * One algorithm for a task: {@code direct}, {@code winograd4}.
 *
 * @param program its inputs and outputs are those of the task's other variants, in the same order
 */
public record Variant(String name, TensorProgram program) {}
