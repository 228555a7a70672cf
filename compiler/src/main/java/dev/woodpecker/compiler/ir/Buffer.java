package dev.woodpecker.compiler.ir;

import java.util.List;

/**
 * Memory that holds a tensor or a part of one: {@code shape} in logical extents, {@code layout} maps a logical index to
 * memory, {@code alignmentBytes} is what its first element is aligned to.
 */
public record Buffer(String name, DType type, List<Expr> shape, LayoutMap layout, Scope scope, int alignmentBytes) {
    public Buffer {
        shape = List.copyOf(shape);
        if (layout.rank() != shape.size()) {
            throw new IllegalArgumentException("buffer " + name + ": layout " + layout.text() + " is for rank "
                    + layout.rank() + ", the shape has " + shape.size());
        }
    }

    public static Buffer rowMajor(String name, DType type, List<Expr> shape, Scope scope) {
        return new Buffer(name, type, shape, LayoutMap.rowMajor(shape.size()), scope, 64);
    }

    public Buffer withLayout(LayoutMap newLayout) {
        return new Buffer(name, type, shape, newLayout, scope, alignmentBytes);
    }

    public Buffer withScope(Scope newScope) {
        return new Buffer(name, type, shape, layout, newScope, alignmentBytes);
    }

    public int rank() {
        return shape.size();
    }
}
