package dev.woodpecker.compiler.ir;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One hardware instruction: what it does, executably, and how each dialect spells it. {@code operands} names its windows
 * in order with their element type, shape and scope; {@code semantics} is the meaning on tiles of these shapes;
 * {@code templates} maps a dialect's name to a call text in which {@code $name} stands for an operand and
 * {@code $name.stride} for the elements from one of its rows to the next, of twisted rows from one column of them to the next.
 */
public record Intrinsic(
        String name, Level level, List<Operand> operands, Semantics semantics, Map<String, String> templates) {
    /** How many threads execute it together. */
    public enum Level {
        THREAD(1),
        WARP(32),
        WARPGROUP(128);

        private final int threads;

        Level(int threads) {
            this.threads = threads;
        }

        public int threads() {
            return threads;
        }
    }

    /** What happens to an operand. */
    public enum Access {
        READ,
        WRITE,
        UPDATE
    }

    /** {@code distribution} says where the elements of a {@code FRAGMENT} operand lie; empty elsewhere. */
    public record Operand(
            String name,
            DType type,
            List<Integer> shape,
            Scope scope,
            Access access,
            Optional<Distribution> distribution) {
        public Operand {
            shape = List.copyOf(shape);
            if ((scope == Scope.FRAGMENT) != distribution.isPresent()) {
                throw new IllegalArgumentException(
                        "operand " + name + ": fragments have a distribution, others have none");
            }
        }

        /** An operand in memory. */
        public static Operand memory(String name, DType type, List<Integer> shape, Scope scope, Access access) {
            return new Operand(name, type, shape, scope, access, Optional.empty());
        }

        /** An operand in the registers of a warp. */
        public static Operand fragment(String name, DType type, Distribution distribution, Access access) {
            List<Integer> shape = List.of(distribution.rows(), distribution.columns());
            return new Operand(name, type, shape, Scope.FRAGMENT, access, Optional.of(distribution));
        }
    }

    /** The meaning, operating on flattened row-major tiles, one array an operand, in operand order. */
    @FunctionalInterface
    public interface Semantics {
        void execute(double[][] tiles);
    }

    public Intrinsic {
        operands = List.copyOf(operands);
        templates = Map.copyOf(templates);
    }

    /** The operand of this name; it must be there. */
    public Operand operand(String operandName) {
        return operands.stream()
                .filter(o -> o.name().equals(operandName))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(name + " has no operand " + operandName));
    }
}
