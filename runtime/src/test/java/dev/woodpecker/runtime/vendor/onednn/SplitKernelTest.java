package dev.woodpecker.runtime.vendor.onednn;

import static dev.woodpecker.runtime.vendor.VendorTensor.blocked;
import static dev.woodpecker.runtime.vendor.VendorTensor.rowMajor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.woodpecker.runtime.device.cpu.BufferTable;
import dev.woodpecker.runtime.device.cpu.CpuKernel;
import dev.woodpecker.runtime.device.cpu.NativeMemory;
import dev.woodpecker.runtime.device.cpu.WorkerPool;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.runtime.vendor.KernelPart;
import dev.woodpecker.runtime.vendor.PostOperation;
import dev.woodpecker.runtime.vendor.PostOperation.Activation;
import dev.woodpecker.runtime.vendor.PostOperation.Combination;
import dev.woodpecker.runtime.vendor.PostOperation.Function;
import dev.woodpecker.runtime.vendor.VendorKernel;
import dev.woodpecker.runtime.vendor.VendorTensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** oneDNN against sums written out in Java, on shapes that leave remainders everywhere. */
class SplitKernelTest {
    private static final float TOLERANCE = 1e-4f;

    private static Optional<OneDnn> library() {
        return OneDnn.find(CacheDirectory.open(Environment.ofProcess()));
    }

    static Stream<Convolved> convolutions() {
        List<Convolved> cases = new ArrayList<>();
        for (int block : new int[] {1, 8, 16}) {
            cases.add(new Convolved("3x3", block, 16, 32, 13, 3, 1, 1, 1, 1, List.of()));
            cases.add(new Convolved("1x1", block, 48, 16, 7, 1, 1, 1, 0, 1, List.of()));
            cases.add(new Convolved("strided", block, 16, 16, 15, 3, 2, 1, 1, 1, List.of()));
            cases.add(new Convolved("dilated", block, 16, 16, 12, 3, 1, 2, 2, 1, List.of()));
            cases.add(new Convolved("grouped", block, 32, 64, 9, 3, 1, 1, 1, 2, List.of()));
            cases.add(new Convolved("depthwise", block, 32, 32, 9, 3, 1, 1, 1, 32, List.of()));
        }
        cases.add(new Convolved("ragged channels", 1, 7, 13, 9, 3, 1, 1, 1, 1, List.of()));
        for (PostOperation activation : activations()) {
            cases.add(new Convolved("then " + activation, 16, 16, 32, 8, 3, 1, 1, 1, 1, List.of(activation)));
        }
        PostOperation sum = new Combination(PostOperation.Operator.ADD, blocked(List.of(1L, 32L, 8L, 8L), 16));
        PostOperation product = new Combination(PostOperation.Operator.MULTIPLY, rowMajor(List.of(1L, 32L, 1L, 1L)));
        PostOperation relu = new Activation(Function.RELU, 0, 0);
        cases.add(new Convolved("residual sum", 16, 16, 32, 8, 3, 1, 1, 1, 1, List.of(sum, relu)));
        cases.add(new Convolved("relu, then sum", 16, 16, 32, 8, 1, 1, 1, 0, 1, List.of(relu, sum)));
        cases.add(new Convolved("scaled", 16, 16, 32, 8, 1, 1, 1, 0, 1, List.of(product, sum)));
        return cases.stream();
    }

    private static List<PostOperation> activations() {
        return List.of(
                new Activation(Function.RELU, 0, 0),
                new Activation(Function.RELU, 0.1f, 0),
                new Activation(Function.CLIP, 0, 6),
                new Activation(Function.LOGISTIC, 0, 0),
                new Activation(Function.TANH, 0, 0),
                new Activation(Function.HARD_SIGMOID, 0.2f, 0.5f),
                new Activation(Function.HARD_SWISH, 1 / 6f, 0.5f),
                new Activation(Function.SWISH, 1, 0),
                new Activation(Function.ELU, 1, 0),
                new Activation(Function.GELU, 0, 0),
                new Activation(Function.GELU_TANH, 0, 0),
                new Activation(Function.LINEAR, 0.5f, 2));
    }

    /** A square convolution of a square map. */
    record Convolved(
            String name,
            int block,
            int channels,
            int filters,
            int map,
            int window,
            int stride,
            int dilation,
            int pad,
            int groups,
            List<PostOperation> after) {
        int size() {
            return (map + 2 * pad - dilation * (window - 1) - 1) / stride + 1;
        }

        VendorKernel kernel() {
            long s = stride;
            long used = (size() - 1) * s + (long) dilation * (window - 1) + 1;
            long end = used - map - pad;
            return new VendorKernel.Convolution(
                    blocked(List.of(1L, (long) channels, (long) map, (long) map), block),
                    weights(),
                    List.of(rowMajor(List.of((long) filters))),
                    blocked(List.of(1L, (long) filters, (long) size(), (long) size()), block),
                    List.of(s, s),
                    List.of((long) dilation, (long) dilation),
                    List.of((long) pad, (long) pad),
                    List.of(end, end),
                    groups,
                    after);
        }

        private VendorTensor weights() {
            long perGroup = channels / groups;
            return groups == 1
                    ? rowMajor(List.of((long) filters, perGroup, (long) window, (long) window))
                    : rowMajor(List.of((long) groups, (long) filters / groups, perGroup, (long) window, (long) window));
        }

        float sum(float[] x, float[] w, float[] b, int k, int i, int j) {
            int perGroup = channels / groups;
            double sum = b[k];
            for (int c = 0; c < perGroup; c++) {
                for (int r = 0; r < window; r++) {
                    for (int s = 0; s < window; s++) {
                        int y = i * stride - pad + r * dilation;
                        int z = j * stride - pad + s * dilation;
                        if (y >= 0 && y < map && z >= 0 && z < map) {
                            int channel = k / (filters / groups) * perGroup + c;
                            sum += (double) x[at(channel, y, z, map, block)]
                                    * w[((k * perGroup + c) * window + r) * window + s];
                        }
                    }
                }
            }
            return (float) sum;
        }

        @Override
        public String toString() {
            return name + ", blocks of " + block;
        }
    }

    private static int at(int c, int i, int j, int size, int block) {
        return (((c / block) * size + i) * size + j) * block + c % block;
    }

    @ParameterizedTest
    @MethodSource("convolutions")
    void aConvolutionIsItsSums(Convolved c) {
        float[] x = random(c.channels() * c.map() * c.map(), 1);
        float[] w = random((int) elements(c.weights()), 2);
        float[] b = random(c.filters(), 3);
        List<float[]> others = new ArrayList<>();
        c.kernel().others().forEach(other -> others.add(random((int) elements(other), 4)));
        float[] result = run(c.kernel(), x, w, b, others);
        for (int k = 0; k < c.filters(); k++) {
            for (int i = 0; i < c.size(); i++) {
                for (int j = 0; j < c.size(); j++) {
                    int place = at(k, i, j, c.size(), c.block());
                    float expected = c.sum(x, w, b, k, i, j);
                    int other = 0;
                    for (PostOperation operation : c.after()) {
                        expected = switch (operation) {
                            case Activation a -> applied(a, expected);
                            case Combination(PostOperation.Operator operator, VendorTensor tensor) -> {
                                float[] values = others.get(other++);
                                float value = values.length == c.filters() ? values[k] : values[place];
                                yield operator == PostOperation.Operator.ADD ? expected + value : expected * value;
                            }
                        };
                    }
                    assertThat(result[place])
                            .as("filter %d at %d, %d", k, i, j)
                            .isCloseTo(expected, Offset.offset(TOLERANCE));
                }
            }
        }
    }

    /** As {@link Function} says. */
    private static float applied(Activation a, float x) {
        double soft = 1 / (1 + Math.exp(-(a.function() == Function.SWISH ? a.alpha() * x : x)));
        double hard = Math.min(Math.max(a.alpha() * x + a.beta(), 0), 1);
        return (float)
                switch (a.function()) {
                    case RELU -> x < 0 ? a.alpha() * x : x;
                    case CLIP -> Math.min(Math.max(x, a.alpha()), a.beta());
                    case LOGISTIC -> soft;
                    case TANH -> Math.tanh(x);
                    case HARD_SIGMOID -> hard;
                    case HARD_SWISH -> x * hard;
                    case SWISH -> x * soft;
                    case ELU -> x < 0 ? a.alpha() * Math.expm1(x) : x;
                    case GELU -> x / 2 * (1 + erf(x / Math.sqrt(2)));
                    case GELU_TANH -> x / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
                    case LINEAR -> a.alpha() * x + a.beta();
                };
    }

    /** By its series; beyond 4 it is 1 to seven digits. */
    private static double erf(double x) {
        if (Math.abs(x) > 4) {
            return Math.signum(x);
        }
        double term = x;
        double sum = x;
        for (int n = 1; n < 100; n++) {
            term *= -x * x / n;
            sum += term / (2 * n + 1);
        }
        return 2 / Math.sqrt(Math.PI) * sum;
    }

    @ParameterizedTest
    @MethodSource("products")
    void aProductIsItsSums(int m, int k, int n, boolean transposed, boolean fixed) {
        VendorTensor right = transposed
                ? new VendorTensor(List.of((long) k, (long) n), List.of(1L, (long) k), 1)
                : rowMajor(List.of((long) k, (long) n));
        VendorKernel kernel = new VendorKernel.Product(
                rowMajor(List.of((long) m, (long) k)),
                right,
                List.of(rowMajor(List.of(1L, (long) n))),
                rowMajor(List.of((long) m, (long) n)),
                fixed,
                List.of(new Activation(Function.RELU, 0, 0)));
        float[] a = random(m * k, 1);
        float[] b = random(k * n, 2);
        float[] bias = random(n, 3);
        float[] result = run(kernel, a, b, bias, List.of());
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                double sum = bias[j];
                for (int l = 0; l < k; l++) {
                    sum += (double) a[i * k + l] * b[transposed ? j * k + l : l * n + j];
                }
                assertThat(result[i * n + j]).isCloseTo((float) Math.max(sum, 0), Offset.offset(TOLERANCE));
            }
        }
    }

    static Stream<Arguments> products() {
        List<Arguments> cases = new ArrayList<>();
        for (boolean transposed : new boolean[] {false, true}) {
            for (boolean fixed : new boolean[] {false, true}) {
                cases.add(Arguments.of(5, 19, 33, transposed, fixed));
                cases.add(Arguments.of(1, 64, 100, transposed, fixed));
                cases.add(Arguments.of(1, 20, 300, transposed, fixed));
                cases.add(Arguments.of(40, 16, 16, transposed, fixed));
            }
        }
        return cases.stream();
    }

    /** What one worker computes, which is what three compute bit by bit but for the order in which sums are taken. */
    private static float[] run(VendorKernel kernel, float[] x, float[] w, float[] bias, List<float[]> others) {
        float[] alone = run(kernel, 1, x, w, bias, others);
        assertThat(run(kernel, 3, x, w, bias, others)).containsExactly(alone, Offset.offset(TOLERANCE));
        return alone;
    }

    private static float[] run(
            VendorKernel kernel, int workers, float[] x, float[] w, float[] bias, List<float[]> others) {
        Optional<OneDnn> library = library();
        assumeTrue(library.isPresent(), "SKIPPED: " + OneDnn.COORDINATES + " is not on the class path");
        try (Arena arena = Arena.ofShared();
                WorkerPool pool = new WorkerPool(workers)) {
            SplitKernel made = SplitKernel.of(library.orElseThrow(), kernel, workers, arena)
                    .orElseThrow(() -> new AssertionError("oneDNN has no code for " + kernel));
            MemorySegment weights = segment(arena, w);
            List<MemorySegment> buffers =
                    new ArrayList<>(List.of(segment(arena, x), made.packed(weights, arena), segment(arena, bias)));
            others.forEach(other -> buffers.add(segment(arena, other)));
            MemorySegment result = segment(arena, new float[(int) elements(kernel.result())]);
            buffers.add(result);
            BufferTable table = new BufferTable(arena, buffers.size());
            for (int i = 0; i < buffers.size(); i++) {
                table.set(i, buffers.get(i));
            }
            assertThat(made.code().run(pool, table, MemorySegment.NULL)).isEqualTo(new CpuKernel.Completion.Done());
            return result.toArray(ValueLayout.JAVA_FLOAT);
        }
    }

    @Test
    void workersShareFiltersRowsAndColumns() {
        assertThat(parts(new Convolved("3x3", 16, 16, 96, 13, 3, 1, 1, 1, 1, List.of()).kernel()))
                .isEqualTo(2);
        assertThat(parts(new Convolved("depthwise", 16, 32, 32, 9, 3, 1, 1, 1, 32, List.of()).kernel()))
                .isEqualTo(2);
        assertThat(parts(new Convolved("grouped", 16, 32, 64, 9, 3, 1, 1, 1, 2, List.of()).kernel()))
                .as("groups of several channels are not split")
                .isEqualTo(1);
    }

    private static int parts(VendorKernel kernel) {
        return KernelPart.of(kernel, 2).size();
    }

    private static long elements(VendorTensor tensor) {
        return tensor.extents().stream().reduce(1L, (a, b) -> a * b);
    }

    private static MemorySegment segment(Arena arena, float[] values) {
        MemorySegment segment = NativeMemory.allocate(arena, 4L * values.length, "a test");
        return segment.copyFrom(MemorySegment.ofArray(values));
    }

    private static float[] random(int count, long seed) {
        Random random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextFloat() * 2 - 1;
        }
        return values;
    }
}
