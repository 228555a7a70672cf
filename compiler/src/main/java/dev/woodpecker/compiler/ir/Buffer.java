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

    public Buffer named(String newName) {
        return new Buffer(newName, type, shape, layout, scope, alignmentBytes);
    }

    public int rank() {
        return shape.size();
    }

    /** The offset in elements, where {@code bounds} holds, of the element at a logical index. */
    public Expr offset(List<Expr> indices, Bounds bounds) {
        Expr offset = Expr.index(0);
        for (LayoutMap.Dimension d : layout.dimensions()) {
            Expr extent = shape.get(d.axis());
            Expr position = position(indices.get(d.axis()), extent, d, bounds);
            Expr placed = d.twist().isPresent()
                    ? twisted(position, indices.get(d.twist().getAsInt()), bounds)
                    : position;
            offset = IndexMath.add(IndexMath.mul(offset, d.size(extent)), placed);
        }
        return offset;
    }

    private static Expr twisted(Expr position, Expr by, Bounds bounds) {
        Expr pieces = Simplifier.simplify(IndexMath.rem(by, LayoutMap.Dimension.TWISTED), bounds);
        return IndexMath.isConstant(pieces, 0) ? position : new Expr.Binary(BinaryOp.XOR, position, pieces);
    }

    private static Expr position(Expr index, Expr extent, LayoutMap.Dimension d, Bounds bounds) {
        if (d.divisor() == 1 && d.modulus() == 0) {
            return index;
        }
        Expr quotient = IndexMath.div(index, d.divisor());
        Expr position = d.modulus() == 0 ? quotient : IndexMath.rem(quotient, d.modulus());
        // An access is within the tensor wherever it takes place, which resolves more divisions than the loops alone.
        Expr notNegative = new Expr.Binary(BinaryOp.GE, index, Expr.index(0));
        return Simplifier.simplify(position, bounds.assuming(notNegative).assuming(IndexMath.less(index, extent)));
    }
}
