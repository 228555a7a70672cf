package dev.woodpecker.runtime.toolchain;

/** How a translation unit is to be compiled. */
public record CodeOptions(Effort effort, Arithmetic arithmetic) {
    /** The optimiser's level. */
    public enum Effort {
        FULL("-O3"),
        /** For code that is compiled to be timed, by the hundred: as fast where loops are tiled and vectorised already. */
        TRIAL("-O2"),
        /** For kernels whose work is too small to pay for the time that {@code -O3} takes to compile. */
        LIGHT("-O1");

        private final String flag;

        Effort(String flag) {
            this.flag = flag;
        }

        String flag() {
            return flag;
        }
    }

    /** Whether a product and a sum may round once. */
    public enum Arithmetic {
        /** Fused multiply-add wherever the processor has it. */
        CONTRACTED("-ffp-contract=fast"),
        /** Each operation rounds, as in Java. */
        STRICT("-ffp-contract=off");

        private final String flag;

        Arithmetic(String flag) {
            this.flag = flag;
        }

        String flag() {
            return flag;
        }
    }

    public static CodeOptions fast() {
        return new CodeOptions(Effort.FULL, Arithmetic.CONTRACTED);
    }

    public static CodeOptions strict() {
        return new CodeOptions(Effort.FULL, Arithmetic.STRICT);
    }
}
