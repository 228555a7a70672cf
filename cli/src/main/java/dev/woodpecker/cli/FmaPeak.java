package dev.woodpecker.cli;

import dev.woodpecker.runtime.timing.MachinePeak;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.runtime.toolchain.KernelCompiler;
import dev.woodpecker.runtime.toolchain.ToolchainException;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * What the machine can do at most, in 10^9 operations a second. It is measured by a program that is compiled for it: where
 * a plan file runs there need not be a compiler, and then it is not known.
 */
record FmaPeak(OptionalDouble gigaflopsPerSecond) {
    /** Of a machine that it is not measured on. */
    static final FmaPeak UNKNOWN = new FmaPeak(OptionalDouble.empty());

    static FmaPeak measure(int threads) {
        try {
            KernelCompiler compiler = KernelCompiler.of(Environment.ofProcess());
            return new FmaPeak(OptionalDouble.of(new MachinePeak(compiler).gigaflopsPerSecond(threads)));
        } catch (ToolchainException noCompiler) {
            return new FmaPeak(OptionalDouble.empty());
        }
    }

    /** How much of it a speed is, in percent; blank if that is not known. */
    String share(double gigaflops) {
        return gigaflopsPerSecond.isPresent()
                ? String.format(Locale.ROOT, "%5.1f %%", 100 * gigaflops / gigaflopsPerSecond.getAsDouble())
                : "       ";
    }

    @Override
    public String toString() {
        return gigaflopsPerSecond.isPresent()
                ? String.format(
                        Locale.ROOT,
                        "measured FMA peak: %.1f GFLOP/s in single precision; products of bytes can be four times as"
                                + " many",
                        gigaflopsPerSecond.getAsDouble())
                : "FMA peak not measured: there is no C compiler";
    }
}
