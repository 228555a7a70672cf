package dev.woodpecker.benchmarks.gpu;

import dev.woodpecker.cli.layers.ConvolutionLayer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.runtime.vendor.cuda.ConvolutionShape;
import dev.woodpecker.runtime.vendor.cuda.Precision;
import java.util.List;

/** Something that is timed: ours, the vendor's and other frameworks' beside each other. Its inputs and result are row-major. */
sealed interface Workload {
    /** Short, of one line; two workloads of one name are the same. */
    String name();

    Numerics mode();

    /** The ONNX operator. */
    String operator();

    /** As {@link dev.woodpecker.compiler.expr.BindingText} reads it; floats are of {@link #elementType}. */
    String binding();

    /** The extents of the inputs, in the operator's order. */
    List<List<Long>> inputs();

    List<Long> result();

    /** Multiplications and additions. */
    double operations();

    /**
     * One element of the result, computed in double.
     *
     * @param inputs their elements in row-major order
     */
    Element element(List<float[]> inputs, long index);

    /** @param magnitude the sum of the terms' magnitudes, which rounding is in proportion to */
    record Element(double value, double magnitude) {}

    default DType elementType() {
        return switch (mode()) {
            case FP16 -> DType.F16;
            case BF16 -> DType.BF16;
            case STRICT, FP32, TF32, INT8 -> DType.F32;
        };
    }

    default Precision precision() {
        return switch (mode()) {
            case FP16 -> Precision.FP16;
            case BF16 -> Precision.BF16;
            case TF32 -> Precision.TF32;
            case STRICT, FP32, INT8 -> Precision.FP32;
        };
    }

    /** What is read and written at least. */
    default long bytes() {
        long elements = ConvolutionShape.elements(result());
        for (List<Long> input : inputs()) {
            elements += ConvolutionShape.elements(input);
        }
        return elements * precision().bytes();
    }

    /** A convolution without bias: what libraries' algorithms are compared on. */
    record Convolution(ConvolutionLayer layer, int batch, Numerics mode) implements Workload {
        @Override
        public String name() {
            return layer.text() + " batch " + batch + " " + mode.text();
        }

        @Override
        public String operator() {
            return "Conv";
        }

        ConvolutionShape shape() {
            return new ConvolutionShape(
                    batch,
                    layer.channels(),
                    layer.map().get(0),
                    layer.map().get(1),
                    layer.filters(),
                    layer.window().get(0),
                    layer.window().get(1),
                    longs(layer.strides()),
                    longs(layer.pads()),
                    longs(layer.dilations()),
                    layer.groups());
        }

        @Override
        public String binding() {
            return "x=" + joined("x", shape().input()) + " w=" + joined("x", shape().weights()) + " strides="
                    + joined(",", layer.strides()) + " pads=" + joined(",", layer.pads()) + " dilations="
                    + joined(",", layer.dilations()) + " group=" + layer.groups();
        }

        @Override
        public List<List<Long>> inputs() {
            return List.of(shape().input(), shape().weights());
        }

        @Override
        public List<Long> result() {
            return shape().result();
        }

        @Override
        public double operations() {
            return shape().operations();
        }

        @Override
        public Element element(List<float[]> inputs, long index) {
            ConvolutionShape s = shape();
            List<Long> y = s.result();
            long j = index % y.get(3);
            long i = index / y.get(3) % y.get(2);
            long k = index / (y.get(3) * y.get(2)) % s.k();
            long n = index / (y.get(3) * y.get(2) * s.k());
            long channels = s.c() / s.groups();
            long first = k / (s.k() / s.groups()) * channels;
            double value = 0;
            double magnitude = 0;
            for (long c = 0; c < channels; c++) {
                for (long r = 0; r < s.r(); r++) {
                    long row = i * s.strides().get(0)
                            - s.pads().get(0)
                            + r * s.dilations().get(0);
                    for (long q = 0; q < s.s(); q++) {
                        long column = j * s.strides().get(1)
                                - s.pads().get(1)
                                + q * s.dilations().get(1);
                        if (row >= 0 && row < s.h() && column >= 0 && column < s.w()) {
                            double term = (double) inputs.get(0)[
                                            Math.toIntExact(((n * s.c() + first + c) * s.h() + row) * s.w() + column)]
                                    * inputs.get(1)[Math.toIntExact(((k * channels + c) * s.r() + r) * s.s() + q)];
                            value += term;
                            magnitude += Math.abs(term);
                        }
                    }
                }
            }
            return new Element(value, magnitude);
        }

        private static List<Long> longs(List<Integer> values) {
            return values.stream().map(Integer::longValue).toList();
        }
    }

    /** A product of matrices. */
    record Product(long m, long n, long k, Numerics mode) implements Workload {
        @Override
        public String name() {
            return m + " x " + n + " x " + k + " " + mode.text();
        }

        @Override
        public String operator() {
            return "MatMul";
        }

        @Override
        public String binding() {
            return "a=" + m + "x" + k + " b=" + k + "x" + n;
        }

        @Override
        public List<List<Long>> inputs() {
            return List.of(List.of(m, k), List.of(k, n));
        }

        @Override
        public List<Long> result() {
            return List.of(m, n);
        }

        @Override
        public double operations() {
            return 2.0 * m * n * k;
        }

        @Override
        public Element element(List<float[]> inputs, long index) {
            double value = 0;
            double magnitude = 0;
            for (long t = 0; t < k; t++) {
                double term = (double) inputs.get(0)[Math.toIntExact(index / n * k + t)]
                        * inputs.get(1)[Math.toIntExact(t * n + index % n)];
                value += term;
                magnitude += Math.abs(term);
            }
            return new Element(value, magnitude);
        }
    }

    /** Relu of a long vector: how fast memory is read and written by a kernel of ours. */
    record Stream(long elements) implements Workload {
        @Override
        public String name() {
            return "Relu of " + elements + " elements";
        }

        @Override
        public Numerics mode() {
            return Numerics.FP32;
        }

        @Override
        public String operator() {
            return "Relu";
        }

        @Override
        public String binding() {
            return "x=" + elements;
        }

        @Override
        public List<List<Long>> inputs() {
            return List.of(List.of(elements));
        }

        @Override
        public List<Long> result() {
            return List.of(elements);
        }

        @Override
        public double operations() {
            return 0;
        }

        @Override
        public Element element(List<float[]> inputs, long index) {
            double value = Math.max(0, inputs.getFirst()[Math.toIntExact(index)]);
            return new Element(value, value);
        }
    }

    private static String joined(String separator, List<? extends Number> values) {
        return String.join(separator, values.stream().map(String::valueOf).toList());
    }
}
