package dev.woodpecker.compiler.ir;

import java.util.Arrays;

/** A constant array of the kernel's source, in row-major order; {@code values} are exact in {@code type}. */
public record Table(String name, DType type, int[] shape, double[] values) {
    public Table {
        shape = shape.clone();
        values = values.clone();
    }

    @Override
    public int[] shape() {
        return shape.clone();
    }

    @Override
    public double[] values() {
        return values.clone();
    }

    /** The entry at a row-major position. */
    public double valueAt(int position) {
        return values[position];
    }

    public int rank() {
        return shape.length;
    }

    public int size(int axis) {
        return shape[axis];
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Table t
                && name.equals(t.name)
                && type == t.type
                && Arrays.equals(shape, t.shape)
                && Arrays.equals(values, t.values);
    }

    @Override
    public int hashCode() {
        return name.hashCode() * 31 + Arrays.hashCode(values);
    }
}
