package dev.woodpecker.compiler.interp;

import dev.woodpecker.compiler.ir.Stmt;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Turns what happens at the barriers of rings into actions. */
final class RingCompiler {
    private final Slots slots;
    private final ExprCompiler expressions;

    RingCompiler(Slots slots, ExprCompiler expressions) {
        this.slots = slots;
        this.expressions = expressions;
    }

    Action ring(Stmt.Ring ring) {
        int barriers = slots.memory(ring.barriers().name());
        LongCode slot = expressions.integer(ring.slot());
        LongCode value = expressions.integer(ring.value());
        return f -> {
            long number = slot.run(f, 0);
            long given = value.run(f, 0);
            Map<Long, RingBarrier> all = all(f.memories[barriers], f);
            switch (ring.action()) {
                case INIT -> all.put(number, new RingBarrier(given, f.worker.block()));
                case ARRIVE, EXPECT -> barrier(all, number, ring).arrive(given);
                case WAIT -> {
                    RingBarrier barrier = barrier(all, number, ring);
                    f.worker
                            .block()
                            .roles
                            .until(
                                    () -> barrier.isOver(given),
                                    f.worker + " waits at " + ring.barriers().name() + " " + number + " for parity "
                                            + given + "; it is in " + barrier);
                }
            }
        };
    }

    private static Map<Long, RingBarrier> all(Memory memory, Frame f) {
        return f.worker.block().rings.computeIfAbsent(memory, _ -> new HashMap<>());
    }

    private static RingBarrier barrier(Map<Long, RingBarrier> all, long number, Stmt.Ring ring) {
        RingBarrier barrier = all.get(number);
        if (barrier == null) {
            throw new InterpreterException(
                    "barrier " + number + " of " + ring.barriers().name() + " was never initialised");
        }
        return barrier;
    }

    /** Elements beyond the tensor are zero. */
    Action copy(Stmt.TileCopy copy) {
        int to = slots.memory(copy.to().name());
        int from = slots.memory(copy.from().name());
        int barriers = slots.memory(copy.barriers().name());
        LongCode[] toIndices = expressions.integers(copy.toIndices());
        LongCode[] fromIndices = expressions.integers(copy.fromIndices());
        LongCode slot = expressions.integer(copy.slot());
        long bytes = (long) copy.elements() * copy.to().type().bytes();
        return f -> {
            Memory target = f.memories[to];
            Memory source = f.memories[from];
            int start = target.offset(toIndices, f, 0);
            List<Long> corner =
                    Stream.of(fromIndices).map(index -> index.run(f, 0)).toList();
            BoxElements box = new BoxElements(copy.box(), target, start, source, corner);
            box.forEach((offset, _) -> target.start(offset, f.worker));
            RingBarrier barrier = all(f.memories[barriers], f).get(slot.run(f, 0));
            if (barrier == null) {
                throw new InterpreterException(
                        "a copy arrives at " + copy.barriers().name() + ", never initialised");
            }
            barrier.add(
                    () -> box.forEach((offset, place) ->
                            target.arrive(offset, place < 0 ? 0 : source.number(place, f.worker), f.worker)),
                    bytes);
        };
    }
}
