package dev.woodpecker.compiler.interp;

/** What one thread does. */
@FunctionalInterface
interface Action {
    void run(Frame frame);
}
