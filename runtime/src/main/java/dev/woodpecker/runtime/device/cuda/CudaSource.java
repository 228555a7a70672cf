package dev.woodpecker.runtime.device.cuda;

import dev.woodpecker.runtime.toolchain.CodeOptions.Arithmetic;

/**
 * CUDA C++ text, complete in itself and without {@code #include}: nvcc takes it as it is, clang with a prelude that
 * declares what nvcc knows by itself.
 *
 * @param name for people: in messages, and in the name of the file that is kept when compiling fails
 */
public record CudaSource(String name, String text, Arithmetic arithmetic) {}
