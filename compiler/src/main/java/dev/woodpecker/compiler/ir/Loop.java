package dev.woodpecker.compiler.ir;

import java.util.List;
import java.util.Optional;

/**
 * What a {@link Stmt.For} iterates: {@code variable} from 0 to {@code extent - 1}, {@code carrier} being the axis kind that
 * decides what a schedule may do with it.
 *
 * @param prefetched tensors of which each iteration asks the memory for what the next one will read
 */
public record Loop(
        Expr.Var variable,
        Expr extent,
        Binding binding,
        Carrier carrier,
        Optional<Peel> peel,
        List<String> prefetched,
        Origin origin) {
    public Loop {
        prefetched = List.copyOf(prefetched);
    }

    public Loop(Expr.Var variable, Expr extent, Binding binding, Carrier carrier, Optional<Peel> peel, Origin origin) {
        this(variable, extent, binding, carrier, peel, List.of(), origin);
    }

    /** How the iterations run. */
    public enum Binding {
        SERIAL,
        /** Shared out to workers; only outermost in a phase. */
        PARALLEL,
        VECTOR,
        UNROLL,
        /** Done together, by one instruction of a warp. */
        TENSOR,
        BLOCK_X,
        BLOCK_Y,
        BLOCK_Z,
        THREAD_X,
        THREAD_Y,
        THREAD_Z;

        public boolean isBlock() {
            return this == BLOCK_X || this == BLOCK_Y || this == BLOCK_Z;
        }

        public boolean isThread() {
            return this == THREAD_X || this == THREAD_Y || this == THREAD_Z;
        }
    }

    /** Spatial iterations are independent; those of a reduction combine into one value. */
    public enum Carrier {
        SPATIAL,
        REDUCTION
    }

    /** Iterations that get a copy of the body of their own. */
    public sealed interface Peel {
        /** The last iteration runs the loop {@code inner} for {@code remainder} steps only: the tail of a split. */
        record Tail(String inner, long remainder) implements Peel {}

        /** The last iteration starts the loop {@code inner} {@code overlap} steps earlier than the others would. */
        record Shift(String inner, long overlap) implements Peel {}

        /** The first and the last iteration, where borders lie; conditions on borders vanish between them. */
        record Ends() implements Peel {}

        /**
         * Asynchronous copies run ahead by {@code stages - 1} iterations: those of the first ones start before the loop,
         * and the last ones start none.
         */
        record Pipelined(int stages) implements Peel {}

        /**
         * Its copies are made by threads of their own, which are {@code stages} iterations ahead at most; the others wait
         * for each.
         */
        record Specialized(int stages) implements Peel {}
    }

    public static Loop serial(Axis axis, Carrier carrier, Origin origin) {
        return new Loop(axis.variable(), axis.extent(), Binding.SERIAL, carrier, Optional.empty(), origin);
    }

    public String name() {
        return variable.name();
    }

    public Loop withBinding(Binding newBinding) {
        return new Loop(variable, extent, newBinding, carrier, peel, prefetched, origin);
    }

    public Loop withExtent(Expr newExtent) {
        return new Loop(variable, newExtent, binding, carrier, peel, prefetched, origin);
    }

    public Loop withPeel(Optional<Peel> newPeel) {
        return new Loop(variable, extent, binding, carrier, newPeel, prefetched, origin);
    }

    public Loop withPrefetched(List<String> tensors) {
        return new Loop(variable, extent, binding, carrier, peel, tensors, origin);
    }
}
