package dev.woodpecker.tuner.measure;

import dev.woodpecker.compiler.ir.Arithmetic;
import dev.woodpecker.compiler.ir.DType;
import java.util.List;

/**
 * The inputs that candidates are run on, as functions of an element's row-major position: nobody has to store or send them.
 * Floats are spread over [-1, 1), booleans are 0 or 1.
 *
 * @param least of the integers, which may be indices into another input
 * @param greatest of the integers
 */
record InputRange(long least, long greatest) {
    /**
     * Ranges to try in turn until the program reads nothing out of bounds and divides by nothing that is zero; small ones,
     * since they may be indices.
     */
    static final List<InputRange> CANDIDATES = List.of(
            new InputRange(0, 3),
            new InputRange(1, 3),
            new InputRange(0, 1),
            new InputRange(1, 1),
            new InputRange(0, 0));

    private static final long GOLDEN_RATIO = 0x9e3779b97f4a7c15L;

    /** The value of a float input; {@code input} is its place among the inputs. */
    static double real(int input, DType type, long position) {
        // 24 bits: every significand of an fp32 in use, as with real data.
        return Arithmetic.round(type, (mix(input, position) >>> 40) * 0x1p-23 - 1);
    }

    /** The value of an integer or boolean input. */
    long integer(int input, DType type, long position) {
        long bits = mix(input, position) >>> 33;
        return type == DType.BOOL ? bits & 1 : least + bits % (greatest - least + 1);
    }

    /** SplitMix64 (Steele, Lea and Flood, OOPSLA 2014), of a seed that differs for each input. */
    private static long mix(int input, long position) {
        long z = (position + 1) * GOLDEN_RATIO + (input + 1) * 0xd1342543de82ef95L;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }
}
