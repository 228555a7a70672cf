package dev.woodpecker.tuner.cost;

import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Loop;
import java.util.List;

/**
 * A statement that computes something, in its loops.
 *
 * @param loops outermost first
 * @param guarded whether a condition stands before it
 */
record Leaf(List<Level> loops, Operations operations, List<Access> accesses, boolean guarded) {
    /** A loop around a leaf; {@code id} tells loops of one name apart. */
    record Level(int id, long extent, Loop.Binding binding, boolean reduction) {
        boolean isVector() {
            return binding == Loop.Binding.VECTOR;
        }

        boolean isUnrolled() {
            return binding == Loop.Binding.UNROLL;
        }
    }

    /** Arithmetic of one execution of the statement, on the elements it stores; {@code index} for integer divisions. */
    record Operations(int multiplyAdds, int simple, int divisions, int calls, int index) {}

    /**
     * One load or store.
     *
     * @param strides in elements, one for each loop around the leaf
     * @param register whether the buffer is meant to live in registers
     */
    record Access(Buffer buffer, boolean store, boolean register, List<Long> strides) {
        Access {
            strides = List.copyOf(strides);
        }

        boolean dependsOn(int loop) {
            return strides.get(loop) != 0;
        }
    }

    Leaf {
        loops = List.copyOf(loops);
        accesses = List.copyOf(accesses);
    }

    /** Executions of the statement's vector form: what a vector of {@code lanes} elements does counts once. */
    double instances(int lanes) {
        double product = 1;
        for (Level level : loops) {
            product *= level.isVector() ? Math.ceilDiv(level.extent(), lanes) : level.extent();
        }
        return product;
    }

    double elements() {
        return loops.stream().mapToDouble(Level::extent).reduce(1, (a, b) -> a * b);
    }

    boolean isVector() {
        return loops.stream().anyMatch(Level::isVector);
    }

    /** Copies of the statement in the innermost loop that stays one. */
    double copies(int lanes) {
        double product = 1;
        for (Level level : loops.reversed()) {
            if (level.isVector()) {
                product *= Math.ceilDiv(level.extent(), lanes);
            } else if (level.isUnrolled()) {
                product *= level.extent();
            } else {
                break;
            }
        }
        return product;
    }

    /** Instructions that an access takes in one iteration of the innermost loop that stays one. */
    double distinct(Access access, int lanes) {
        double product = 1;
        for (int i = loops.size() - 1; i >= 0; i--) {
            Level level = loops.get(i);
            if (!level.isVector() && !level.isUnrolled()) {
                break;
            }
            if (access.dependsOn(i)) {
                boolean gathers = level.isVector() && Math.abs(access.strides().get(i)) != 1;
                product *= level.isVector() && !gathers ? Math.ceilDiv(level.extent(), lanes) : level.extent();
            }
        }
        return product;
    }

    boolean isReduction() {
        return loops.stream().anyMatch(Level::reduction);
    }

    /** Whether an access to registers is indexed by a loop that stays one: then it is memory after all. */
    boolean isIndexedByLoop(Access access) {
        for (int i = 0; i < loops.size(); i++) {
            if (access.dependsOn(i) && !loops.get(i).isVector() && !loops.get(i).isUnrolled()) {
                return true;
            }
        }
        return false;
    }

    /** Whether the lanes of an access are different elements. */
    boolean isVector(Access access) {
        for (int i = 0; i < loops.size(); i++) {
            if (loops.get(i).isVector() && access.dependsOn(i)) {
                return true;
            }
        }
        return false;
    }

    /** Whether the lanes of an access lie apart. */
    boolean gathers(Access access) {
        for (int i = 0; i < loops.size(); i++) {
            if (loops.get(i).isVector()
                    && access.dependsOn(i)
                    && Math.abs(access.strides().get(i)) != 1) {
                return true;
            }
        }
        return false;
    }

    /** How many loops are around the body of copies. */
    int bodyDepth() {
        int depth = loops.size();
        while (depth > 0
                && (loops.get(depth - 1).isVector() || loops.get(depth - 1).isUnrolled())) {
            depth--;
        }
        return depth;
    }

    /** The extent of the innermost loop that stays one; 1 where there is none. */
    long innermostExtent() {
        return loops.reversed().stream()
                .filter(level -> !level.isVector() && !level.isUnrolled())
                .mapToLong(Level::extent)
                .findFirst()
                .orElse(1);
    }
}
