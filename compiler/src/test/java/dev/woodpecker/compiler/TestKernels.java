package dev.woodpecker.compiler;

import dev.woodpecker.compiler.expr.KernelSpec;
import dev.woodpecker.compiler.expr.KernelText;

/** Kernels of the common structures, in kernel text. */
public final class TestKernels {
    public static final KernelSpec CONVOLUTION = tensor("""
        input Tensor x
        input Tensor w
        input Tensor b absent "0"
        attribute int[] strides
        attribute int[] pads
        attribute int group absent "1"
        """, """
        let cg = w.size(1);
        let kg = w.size(0) / group;
        let p = (x.size(2) + pads[0] + pads[2] - w.size(2)) / strides[0] + 1;
        let q = (x.size(3) + pads[1] + pads[3] - w.size(3)) / strides[1] + 1;
        tensor(n < x.size(0), k < w.size(0), i < p, j < q) {
            b[k]
                + sum(c < cg, r < w.size(2), s < w.size(3)) {
                    (x[n, k / kg * cg + c, i * strides[0] - pads[0] + r, j * strides[1] - pads[1] + s] or 0f)
                        * w[k, c, r, s]
                }
        }
        """);

    public static final KernelSpec MATMUL = tensor("""
        input Tensor a
        input Tensor b
        """, """
        require(a.size(1) == b.size(0));
        tensor(i < a.size(0), j < b.size(1)) { sum(k < a.size(1)) { a[i, k] * b[k, j] } }
        """);

    /** In one expression: the maximum and the sum of a row are the specialiser's to place. */
    public static final KernelSpec SOFTMAX = tensor("""
        input Tensor x
        """, """
        tensor(i < x.size(0), j < x.size(1)) {
            let m = max(k < x.size(1)) { x[i, k] };
            let s = sum(r < x.size(1)) { exp(x[i, r] - m) };
            exp(x[i, j] - m) / s
        }
        """);

    public static final KernelSpec LAYER_NORM = tensor("""
        input Tensor x
        input Tensor scale
        input Tensor bias absent "0"
        attribute float epsilon absent "1e-5"
        """, """
        let d = x.size(1);
        let mean = tensor(a < x.size(0)) { sum(k < d) { x[a, k] } / toFloat(d) };
        let variance = tensor(b < x.size(0)) {
            let m = mean[b];
            sum(l < d) { (x[b, l] - m) * (x[b, l] - m) } / toFloat(d)
        };
        tensor(n < x.size(0), j < d) { (x[n, j] - mean[n]) / sqrt(variance[n] + epsilon) * scale[j] + bias[j] }
        """);

    public static final KernelSpec GATHER = tensor("""
        input Tensor data
        input IntTensor indices
        attribute int axis absent "0"
        """, """
        tensor(o in data.shape().first(axis).concat(indices.shape()).concat(data.shape().from(axis + 1))) {
            let at = indices[o.from(axis).first(indices.rank())];
            data[
                o.first(axis)
                    .concat(Index.of(at < 0 ? at + data.size(axis) : at))
                    .concat(o.from(axis + indices.rank()))
            ]
        }
        """);

    public static final KernelSpec CONCAT = tensor("""
        input Tensor[] xs
        attribute int axis
        """, "concat(axis, xs)");

    public static final KernelSpec REDUCE_SUM =
            tensor("""
                input Tensor x
                attribute int[] axes
                """, "tensor(i in x.shape().drop(axes)) { sum(r in x.shape().pick(axes)) { x[i.weave(r, axes)] } }");

    /** As a global pooling, whose result has axes of one element after the channels. */
    public static final KernelSpec GLOBAL_SUM = tensor("""
        input Tensor x
        """, """
        tensor(n < x.size(0), c < x.size(1), i < 1, j < 1) {
            sum(h < x.size(2), w < x.size(3)) { x[n, c, i + h, j + w] }
        }
        """);

    public static final KernelSpec ARG_MAX =
            tensor("""
                input Tensor x
                """, "intTensor(i < x.size(0)) { argMax(k < x.size(1)) { x[i, k] } }");

    /** An average over a window that is cut off at the borders: the reduction's extent depends on the place. */
    public static final KernelSpec RAGGED_AVERAGE = tensor("""
        input Tensor x
        attribute int radius
        """, """
        tensor(i < x.size(0)) {
            let low = Math.max(i - radius, 0);
            let high = Math.min(i + radius + 1, x.size(0));
            sum(r < high - low) { x[low + r] } / toFloat(high - low)
        }
        """);

    /** F(2, 3) in one dimension: y[t * 2 + e] is the correlation of x and the three weights. */
    public static final KernelSpec WINOGRAD = tensor("""
        input Tensor x
        input Tensor w
        """, """
        table B f32[4, 4] = {1, 0, -1, 0, 0, 1, 1, 0, 0, -1, 1, 0, 0, 1, 0, -1};
        table G f32[4, 3] = {1, 0, 0, 0.5, 0.5, 0.5, 0.5, -0.5, 0.5, 0, 0, 1};
        table A f32[2, 4] = {1, 1, 1, 0, 0, 1, -1, -1};
        require(w.size(0) == 3 && x.size(0) % 2 == 0);
        let tiles = x.size(0) / 2 - 1;
        let v = tensor(t < tiles, e < 4) { sum(q < 4) { B[e, q] * x[t * 2 + q] } };
        let u = tensor(f < 4) { sum(g < 3) { G[f, g] * w[g] } };
        let m = tensor(h < tiles, d < 4) { v[h, d] * u[d] };
        tensor(o < tiles * 2) { sum(z < 4) { A[o % 2, z] * m[o / 2, z] } }
        """);

    public static final KernelSpec WHERE = elementwise("""
        input boolean condition
        input float x
        input float y
        """, "condition ? x : y");

    public static final KernelSpec CLIP = elementwise("""
        input int x
        input int min absent "-Infinity"
        input int max absent "Infinity"
        """, "Math.min(Math.max(x, min), max)");

    private TestKernels() {}

    /** A kernel from tensors to the tensor {@code y}. */
    public static KernelSpec tensor(String parameters, String body) {
        return kernel("tensor", parameters, body);
    }

    /** A kernel from elements to the element {@code y}. */
    public static KernelSpec elementwise(String parameters, String body) {
        return kernel("elementwise", parameters, body);
    }

    private static KernelSpec kernel(String form, String parameters, String body) {
        return KernelText.parse(form + " kernel com.acme.Test.kernel\n" + "    operator \"Test\"\n"
                + "    variant \"\"\n" + parameters.indent(4) + "    output \"out\"\n{\n" + body.indent(4) + "}\n");
    }
}
