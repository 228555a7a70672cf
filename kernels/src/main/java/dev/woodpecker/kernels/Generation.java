package dev.woodpecker.kernels;

import static dev.woodpecker.dsl.Dsl.ceil;
import static dev.woodpecker.dsl.Dsl.tensor;

import dev.woodpecker.dsl.Index;
import dev.woodpecker.dsl.IntTensor;
import dev.woodpecker.dsl.Ints;
import dev.woodpecker.dsl.Kernel;
import dev.woodpecker.dsl.MaskTensor;
import dev.woodpecker.dsl.Masks;
import dev.woodpecker.dsl.Tensor;

/** Operators that make elements from positions. */
public final class Generation {

    private Generation() {}

    /** {@code value} everywhere. */
    @Kernel(op = "ConstantOfShape")
    public static Tensor constantOfShape(int[] shape, float value) {
        return tensor(Index.of(shape), i -> value);
    }

    /** {@code start}, {@code start + delta}, ... before {@code limit}. */
    @Kernel(op = "Range")
    public static Tensor range(float start, float limit, float delta) {
        return tensor(Math.max(0, (int) ceil((limit - start) / delta)), i -> start + i * delta);
    }

    /** {@code start}, {@code start + delta}, ... before {@code limit}. */
    @Kernel(op = "Range")
    public static IntTensor range(int start, int limit, int delta) {
        return Ints.tensor(Math.max(0, -Math.floorDiv(start - limit, delta)), i -> start + i * delta);
    }

    /** 1 on diagonal {@code k} (0 the main one, above it counting up), 0 elsewhere. x gives the shape. x: [m, n]. */
    @Kernel(op = "EyeLike")
    public static Tensor eyeLike(Tensor x, int k) {
        return tensor(x.size(0), x.size(1), (i, j) -> j - i == k ? 1 : 0);
    }

    /** The triangle of each matrix above diagonal {@code k} ({@code upper} 1) or below, with it; 0 elsewhere. x: [..., m, n]. */
    @Kernel(op = "Trilu")
    public static Tensor triangle(Tensor x, int k, int upper) {
        return tensor(x.shape(), i -> kept(i, k, upper) ? x.at(i) : 0);
    }

    /** As for floats. */
    @Kernel(op = "Trilu")
    public static IntTensor triangle(IntTensor x, int k, int upper) {
        return Ints.tensor(x.shape(), i -> kept(i, k, upper) ? x.at(i) : 0);
    }

    /** As for floats, with false elsewhere. */
    @Kernel(op = "Trilu")
    public static MaskTensor triangle(MaskTensor x, int k, int upper) {
        return Masks.tensor(x.shape(), i -> kept(i, k, upper) && x.at(i));
    }

    /** Whether a position is in the triangle. */
    private static boolean kept(Index i, int k, int upper) {
        int diagonal = i.get(i.rank() - 1) - i.get(i.rank() - 2);
        return upper == 0 ? diagonal <= k : diagonal >= k;
    }
}
