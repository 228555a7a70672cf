package dev.woodpecker.compiler.ir;

import java.util.List;
import java.util.Map;

/**
 * One hardware instruction: what it does, executably, and how each dialect spells it. {@code operands} names its windows
 * in order with their element type, shape and scope; {@code semantics} is the meaning as a program of stages over windows
 * of these names; {@code templates} maps a dialect's name to a call text in which {@code $name} stands for an operand.
 */
public record Intrinsic(
        String name, Level level, List<Operand> operands, Semantics semantics, Map<String, String> templates) {
    /** How many threads execute it together. */
    public enum Level {
        THREAD,
        WARP,
        WARPGROUP
    }

    /** What happens to an operand. */
    public enum Access {
        READ,
        WRITE,
        UPDATE
    }

    /** {@code distribution} names the bijection of a {@code FRAGMENT} operand; empty elsewhere. */
    public record Operand(String name, DType type, List<Integer> shape, Scope scope, Access access, String distribution) {
        public Operand {
            shape = List.copyOf(shape);
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
}
