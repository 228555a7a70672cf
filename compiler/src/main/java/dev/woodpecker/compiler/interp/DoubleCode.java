package dev.woodpecker.compiler.interp;

/** An expression of a float type, ready to run: its value in one lane, exact in the type. */
@FunctionalInterface
interface DoubleCode {
    double run(Frame frame, int lane);
}
