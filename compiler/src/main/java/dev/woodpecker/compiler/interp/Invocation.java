package dev.woodpecker.compiler.interp;

import dev.woodpecker.compiler.ir.Distribution;
import dev.woodpecker.compiler.ir.Intrinsic;
import dev.woodpecker.compiler.ir.Intrinsic.Access;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Runs an intrinsic for the threads that execute it together: tiles are taken out of memory and out of the lanes'
 * registers, computed on, and what it writes is put back.
 */
final class Invocation implements Action {
    private final Intrinsic intrinsic;
    private final int[] memories;
    private final LongCode[][] indices;
    /** By operand, of those that lie in registers: the place in the tile of each value of each lane; else empty. */
    private final int[][] positions;

    Invocation(Intrinsic intrinsic, List<Stmt.Window> operands, Slots slots, ExprCompiler expressions) {
        this.intrinsic = intrinsic;
        this.memories =
                operands.stream().mapToInt(w -> slots.memory(w.buffer().name())).toArray();
        this.indices =
                operands.stream().map(w -> expressions.integers(w.indices())).toArray(LongCode[][]::new);
        this.positions = intrinsic.operands().stream()
                .map(o -> o.distribution().map(Distribution::positions).orElse(new int[0]))
                .toArray(int[][]::new);
        if (memories.length != intrinsic.operands().size()) {
            throw new IllegalArgumentException(
                    intrinsic.name() + " takes " + intrinsic.operands().size() + " operands, given " + memories.length);
        }
    }

    /** An intrinsic of one thread. */
    @Override
    public void run(Frame frame) {
        run(List.of(frame));
    }

    void run(List<Frame> lanes) {
        double[][] tiles = new double[memories.length][];
        Place[][] places = new Place[memories.length][];
        for (int i = 0; i < memories.length; i++) {
            Intrinsic.Operand operand = intrinsic.operands().get(i);
            places[i] = places(i, operand, lanes);
            tiles[i] = new double[places[i].length];
            if (operand.access() != Access.WRITE) {
                for (int e = 0; e < tiles[i].length; e++) {
                    tiles[i][e] = places[i][e].read(lanes);
                }
            }
        }
        intrinsic.semantics().execute(tiles);
        for (int i = 0; i < memories.length; i++) {
            if (intrinsic.operands().get(i).access() != Access.READ) {
                for (int e = 0; e < tiles[i].length; e++) {
                    places[i][e].write(tiles[i][e]);
                }
            }
        }
    }

    /** Where an element of a tile lies: in a register of one lane, or in memory that all lanes see. */
    private record Place(Memory memory, int offset, Frame owner, boolean isShared) {
        /** Which lane the hardware lets read memory is not told; a race with any of them is one. */
        double read(List<Frame> lanes) {
            double value = memory.number(offset, owner.worker);
            if (isShared) {
                lanes.forEach(lane -> memory.number(offset, lane.worker));
            }
            return value;
        }

        void write(double value) {
            memory.setNumber(offset, value, owner.worker);
        }
    }

    private Place[] places(int operand, Intrinsic.Operand declared, List<Frame> lanes) {
        Optional<Distribution> distribution = declared.distribution();
        return distribution.isPresent()
                ? inRegisters(operand, distribution.get(), lanes)
                : inMemory(operand, declared.shape(), lanes);
    }

    private Place[] inRegisters(int operand, Distribution distribution, List<Frame> lanes) {
        Place[] places = new Place[distribution.rows() * distribution.columns()];
        for (int lane = 0; lane < distribution.lanes(); lane++) {
            Frame frame = lanes.get(lane);
            Memory memory = frame.memories[memories[operand]];
            int start = memory.offset(indices[operand], frame, 0);
            for (int value = 0; value < distribution.values(); value++) {
                places[positions[operand][lane * distribution.values() + value]] =
                        new Place(memory, memory.checked((long) start + value), frame, false);
            }
        }
        return places;
    }

    /** Elements of a tile, row-major: its axes are the last ones of the memory. */
    private Place[] inMemory(int operand, List<Integer> shape, List<Frame> lanes) {
        Frame first = lanes.getFirst();
        Memory memory = first.memories[memories[operand]];
        int start = memory.offset(indices[operand], first, 0);
        for (Frame lane : lanes) {
            if (lane.memories[memories[operand]] != memory || memory.offset(indices[operand], lane, 0) != start) {
                throw new InterpreterException(
                        "operand " + operand + " of " + intrinsic.name() + " is not the same for all threads");
            }
        }
        Place[] places = new Place[shape.stream().reduce(1, Math::multiplyExact)];
        Arrays.setAll(places, e -> {
            long[] position = new long[shape.size()];
            int rest = e;
            for (int axis = shape.size() - 1; axis >= 0; axis--) {
                position[axis] = rest % shape.get(axis);
                rest /= shape.get(axis);
            }
            return new Place(memory, memory.offset(start, position), first, lanes.size() > 1);
        });
        return places;
    }
}
