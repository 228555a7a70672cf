package dev.woodpecker.benchmarks.gpu;

import java.util.List;

/**
 * A case of the library's kernels with its inputs and the result that the interpreter has for them.
 *
 * @param kernel how it is launched; its arguments are in the order of the kernel's parameters
 * @param tensors of the inputs and outputs, by the names of the arguments
 * @param tolerance how far an element may be off, relative to the greatest of its tensor
 */
record KernelCheck(String name, Candidate kernel, List<Values> tensors, double tolerance) {
    /**
     * A tensor.
     *
     * @param type as {@code f32}
     * @param bytes its elements in row-major order, as in memory, in base 64
     */
    record Values(String name, String type, String bytes) {}
}
