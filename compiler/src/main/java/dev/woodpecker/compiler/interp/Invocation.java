package dev.woodpecker.compiler.interp;

import dev.woodpecker.compiler.ir.Intrinsic;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.List;

/** Runs an intrinsic on windows of memory: tiles are taken out, computed on, and what it writes is put back. */
final class Invocation implements Action {
    private final Intrinsic intrinsic;
    private final int[] memories;
    private final LongCode[][] indices;

    Invocation(Intrinsic intrinsic, List<Stmt.Window> operands, Slots slots, ExprCompiler expressions) {
        this.intrinsic = intrinsic;
        this.memories =
                operands.stream().mapToInt(w -> slots.memory(w.buffer().name())).toArray();
        this.indices =
                operands.stream().map(w -> expressions.integers(w.indices())).toArray(LongCode[][]::new);
        if (memories.length != intrinsic.operands().size()) {
            throw new IllegalArgumentException(
                    intrinsic.name() + " takes " + intrinsic.operands().size() + " operands, given " + memories.length);
        }
    }

    @Override
    public void run(Frame frame) {
        double[][] tiles = new double[memories.length][];
        int[][] offsets = new int[memories.length][];
        for (int i = 0; i < memories.length; i++) {
            Intrinsic.Operand operand = intrinsic.operands().get(i);
            offsets[i] = offsets(frame.memories[memories[i]], indices[i], operand.shape(), frame);
            tiles[i] = new double[offsets[i].length];
            if (operand.access() != Intrinsic.Access.WRITE) {
                for (int e = 0; e < tiles[i].length; e++) {
                    tiles[i][e] = frame.memories[memories[i]].number(offsets[i][e], frame.worker);
                }
            }
        }
        intrinsic.semantics().execute(tiles);
        for (int i = 0; i < memories.length; i++) {
            if (intrinsic.operands().get(i).access() != Intrinsic.Access.READ) {
                for (int e = 0; e < tiles[i].length; e++) {
                    frame.memories[memories[i]].setNumber(offsets[i][e], tiles[i][e], frame.worker);
                }
            }
        }
    }

    /** Where the elements of a tile lie, row-major: its axes are the last ones of the memory. */
    private static int[] offsets(Memory memory, LongCode[] indices, List<Integer> shape, Frame frame) {
        int start = memory.offset(indices, frame, 0);
        int elements = shape.stream().reduce(1, Math::multiplyExact);
        int[] offsets = new int[elements];
        for (int e = 0; e < elements; e++) {
            long offset = start;
            int rest = e;
            for (int axis = shape.size() - 1; axis >= 0; axis--) {
                offset += rest % shape.get(axis) * memory.strideFromLast(shape.size() - 1 - axis);
                rest /= shape.get(axis);
            }
            offsets[e] = memory.checked(offset);
        }
        return offsets;
    }
}
