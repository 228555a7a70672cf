package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What the hardware knows of a tensor that it copies boxes of: a kernel has one as a parameter of 128 bytes, which the
 * driver makes of this and of the tensor's address ({@code cuTensorMapEncodeTiled}). Elements lie row-major; in shared
 * memory a box has rows of 128 bytes whose pieces of 16 change places by the row's number.
 *
 * @param buffer the kernel's argument
 * @param extents of the tensor, outermost axis first
 * @param box elements along each axis
 */
public record TensorMap(String buffer, DType type, List<Long> extents, List<Integer> box) {
    public TensorMap {
        extents = List.copyOf(extents);
        box = List.copyOf(box);
    }

    /** The map that a copy needs. */
    public static TensorMap of(Stmt.TileCopy copy) {
        Buffer from = copy.from();
        return new TensorMap(
                from.name(),
                from.type(),
                from.shape().stream().map(TensorMap::constant).toList(),
                copy.box());
    }

    private static Long constant(Expr extent) {
        return IndexMath.constant(extent)
                .orElseThrow(
                        () -> new LoweringException("boxes are copied of tensors of constant extents, not " + extent));
    }

    /** The maps of a phase in the order of its parameters, which they are the last of. */
    public static List<TensorMap> all(Stmt phase) {
        Set<TensorMap> found = new LinkedHashSet<>();
        phase.anyMatch(s -> s instanceof Stmt.TileCopy copy && !found.add(of(copy)) && false);
        return List.copyOf(found);
    }
}
