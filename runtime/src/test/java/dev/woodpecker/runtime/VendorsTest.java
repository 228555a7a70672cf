package dev.woodpecker.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import dev.woodpecker.runtime.vendor.onednn.OneDnn;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Models with oneDNN in the place of generated kernels compute the same, and say so. */
class VendorsTest {
    private static final Options OPTIONS =
            Options.defaults().withoutShippedRecords().withRecords().withThreads(1);

    /** Winograd's sums, which generated kernels may have, differ in the sixth digit of the largest. */
    private static final Difference.Tolerance TOLERANCE = new Difference.Tolerance(1e-4, 1e-5);

    @TempDir
    static Path directory;

    @BeforeAll
    static void isThere() {
        assumeTrue(OneDnn.isPresent(), "SKIPPED: " + OneDnn.COORDINATES + " is not on the class path");
    }

    /** What follows a convolution, and how many kernels the two together are. */
    record Ending(String name, List<Step> steps) {
        @Override
        public String toString() {
            return name;
        }
    }

    /** A node that reads what the last one computed, as its first input. */
    record Step(String operator, List<String> others, Map<String, Attribute> attributes) {
        Step(String operator, String... others) {
            this(operator, List.of(others), Map.of());
        }
    }

    static Stream<Ending> endings() {
        Map<String, Attribute> alpha = Map.of("alpha", new Attribute.Float(0.1f));
        return Stream.of(
                new Ending("nothing", List.of()),
                new Ending("relu", List.of(new Step("Relu"))),
                new Ending("leaky relu", List.of(new Step("LeakyRelu", List.of(), alpha))),
                new Ending("clip", List.of(new Step("Clip", "low", "high"))),
                new Ending("sigmoid", List.of(new Step("Sigmoid"))),
                new Ending("tanh", List.of(new Step("Tanh"))),
                new Ending("hard sigmoid", List.of(new Step("HardSigmoid"))),
                new Ending("hard swish", List.of(new Step("HardSwish"))),
                new Ending("elu", List.of(new Step("Elu"))),
                new Ending("gelu", List.of(new Step("Gelu"))),
                new Ending("sum with the input", List.of(new Step("Add", "x"))),
                new Ending("sum with the input, then relu", List.of(new Step("Add", "x"), new Step("Relu"))),
                new Ending("relu, then sum with the input", List.of(new Step("Relu"), new Step("Add", "x"))),
                new Ending("scaled", List.of(new Step("Mul", "scale"), new Step("Add", "shift"), new Step("Relu"))));
    }

    @ParameterizedTest
    @MethodSource("endings")
    void aConvolutionIsOneKernelWithWhatFollowsIt(Ending ending) {
        Path file = directory.resolve(ending.name().replaceAll("\\W", "-") + ".onnx");
        OnnxModelBuilder builder = new OnnxModelBuilder("ending", 20)
                .input("x", TensorType.of(dev.woodpecker.compiler.ir.DType.F32, 1, 16, 9, 9))
                .initializer("w", RandomArrays.of(1, 16, 16, 3, 3))
                .initializer("b", RandomArrays.of(2, 16))
                .initializer("low", NdArray.of(new float[] {-0.5f}))
                .initializer("high", NdArray.of(new float[] {0.75f}))
                .initializer("scale", RandomArrays.of(3, 1, 16, 1, 1))
                .initializer("shift", RandomArrays.of(4, 1, 16, 1, 1));
        Map<String, Attribute> pads = Map.of("pads", new Attribute.Ints(List.of(1L, 1L, 1L, 1L)));
        String last = "c";
        builder.node("Conv", List.of("x", "w", "b"), last, pads);
        for (Step step : ending.steps()) {
            List<String> inputs = new ArrayList<>(List.of(last));
            inputs.addAll(step.others());
            last = last + "'";
            builder.node(step.operator(), inputs, last, step.attributes());
        }
        builder.output(last).write(file);
        assertSame(file, last, RandomArrays.of(5, 1, 16, 9, 9), 1);
    }

    record Product(String name, int[] left, int[] right, boolean fixed, Map<String, Attribute> gemm) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Product> products() {
        Attribute one = new Attribute.Int(1);
        return Stream.of(
                new Product("matrices", new int[] {7, 19}, new int[] {19, 33}, true, Map.of()),
                new Product("a batch with one matrix", new int[] {2, 7, 19}, new int[] {19, 33}, true, Map.of()),
                new Product("two batches", new int[] {2, 3, 7, 19}, new int[] {2, 3, 19, 5}, false, Map.of()),
                new Product("broadcast", new int[] {1, 3, 7, 19}, new int[] {2, 3, 19, 5}, false, Map.of()),
                new Product("gemm", new int[] {7, 19}, new int[] {33, 19}, true, Map.of("transB", one)),
                new Product("gemm of columns", new int[] {19, 7}, new int[] {19, 33}, true, Map.of("transA", one)));
    }

    @ParameterizedTest
    @MethodSource("products")
    void aProductIsOneKernelWithItsBias(Product product) {
        Path file = directory.resolve(product.name().replaceAll("\\W", "-") + ".onnx");
        OnnxModelBuilder builder = new OnnxModelBuilder("product", 20)
                .input("x", TensorType.of(dev.woodpecker.compiler.ir.DType.F32, product.left()));
        String right = "w";
        if (product.fixed()) {
            builder.initializer("w", RandomArrays.of(1, product.right()));
        } else {
            right = "x2";
            builder.input("x2", TensorType.of(dev.woodpecker.compiler.ir.DType.F32, product.right()));
        }
        boolean isGemm = !product.gemm().isEmpty();
        int columns = isGemm && product.gemm().containsKey("transB")
                ? product.right()[0]
                : product.right()[product.right().length - 1];
        builder.initializer("b", RandomArrays.of(2, columns));
        if (isGemm) {
            builder.node("Gemm", List.of("x", right, "b"), "m", product.gemm());
        } else {
            builder.node("MatMul", List.of("x", right), "p", Map.of()).node("Add", List.of("p", "b"), "m", Map.of());
        }
        builder.node("Relu", List.of("m"), "y", Map.of()).output("y").write(file);
        assertSame(file, "y", RandomArrays.of(5, product.left()), 1);
    }

    /** With oneDNN alone, in so many kernels of it, and without. */
    private static void assertSame(Path file, String output, NdArray x, int kernels) {
        Result generated = run(file, OPTIONS.withVendors(Vendors.NONE), output, x);
        Result vendors = run(file, OPTIONS.withVendors(Vendors.ONLY), output, x);
        assertThat(generated.ofOneDnn()).isZero();
        assertThat(vendors.ofOneDnn())
                .as(vendors.profile().kernels().toString())
                .isEqualTo(kernels);
        Difference difference = Difference.between(vendors.y(), generated.y(), TOLERANCE);
        assertThat(difference.isAccepted()).as(difference.explanation()).isTrue();
    }

    private record Result(NdArray y, Profile profile) {
        long ofOneDnn() {
            return profile.kernels().stream()
                    .filter(kernel -> kernel.implementation().startsWith("oneDNN"))
                    .count();
        }
    }

    private static Result run(Path file, Options options, String output, NdArray x) {
        try (Model model = Model.load(file, options);
                Session session = model.newSession()) {
            session.startProfile();
            Map<String, NdArray> inputs = new java.util.HashMap<>(Map.of("x", x));
            model.inputs()
                    .forEach((name, type) -> inputs.computeIfAbsent(
                            name, _ -> RandomArrays.of(6, type.shape().extents())));
            NdArray y = Objects.requireNonNull(session.run(inputs).get(output));
            return new Result(y, session.profile());
        }
    }

    private static Path network() {
        Path file = directory.resolve("network.onnx");
        new OnnxModelBuilder("network", 17)
                .input("x", TensorType.of(dev.woodpecker.compiler.ir.DType.F32, 1, 16, 20, 20))
                .initializer("w", RandomArrays.of(1, 32, 16, 3, 3))
                .initializer("v", RandomArrays.of(2, 32, 32, 1, 1))
                .node("Conv", List.of("x", "w"), "c", Map.of())
                .node("Relu", List.of("c"), "r", Map.of())
                .node("Conv", List.of("r", "v"), "y", Map.of())
                .output("y")
                .write(file);
        return file;
    }

    @Test
    void aPlanFileKeepsBoth() {
        Path plan = directory.resolve("network.wpk");
        String digest = PlanBuild.of(network(), OPTIONS.withVendors(Vendors.ONLY))
                .write(plan)
                .digest();
        Options trusting = OPTIONS.trustPlan(digest);
        NdArray x = RandomArrays.of(3, 1, 16, 20, 20);
        Result recorded = run(plan, trusting, "y", x);
        Result generated = run(plan, trusting.withVendors(Vendors.NONE), "y", x);
        assertThat(recorded.ofOneDnn()).isEqualTo(2);
        assertThat(generated.ofOneDnn()).isZero();
        Difference difference = Difference.between(recorded.y(), generated.y(), TOLERANCE);
        assertThat(difference.isAccepted()).as(difference.explanation()).isTrue();
        assertThat(PlanBuild.of(network(), OPTIONS.withVendors(Vendors.ONLY))
                        .write(directory.resolve("again.wpk"))
                        .digest())
                .as("the same decisions give the same bytes")
                .isEqualTo(digest);
    }

    @Test
    void aPlanFileNamesTheRunnerUpWithoutItsTime() {
        Path plan = directory.resolve("chosen.wpk");
        String digest = PlanBuild.of(network(), OPTIONS.withVendors(Vendors.ONEDNN))
                .write(plan)
                .digest();
        Result read = run(plan, OPTIONS.trustPlan(digest), "y", RandomArrays.of(3, 1, 16, 20, 20));
        assertThat(read.profile().kernels().stream().flatMap(kernel -> kernel.runnerUp().stream()))
                .hasSize(2)
                .allSatisfy(runnerUp -> {
                    assertThat(runnerUp.implementation()).isNotEmpty();
                    assertThat(runnerUp.seconds()).isEmpty();
                });
    }

    @Test
    void theFasterOfBothIsChosenAndTheOtherToldOf() {
        Result chosen = run(network(), OPTIONS.withVendors(Vendors.ONEDNN), "y", RandomArrays.of(3, 1, 16, 20, 20));
        List<Profile.Kernel> compared = chosen.profile().kernels().stream()
                .filter(kernel -> kernel.runnerUp().isPresent())
                .toList();
        assertThat(compared).hasSize(2).allSatisfy(kernel -> {
            Profile.Kernel.RunnerUp other = kernel.runnerUp().orElseThrow();
            assertThat(kernel.implementation().startsWith("oneDNN"))
                    .as("%s and not %s", kernel.implementation(), other)
                    .isNotEqualTo(other.implementation().startsWith("oneDNN"));
            // Ours stays unless the library is faster by more than 2 %.
            assertThat(other.chosenSeconds().orElseThrow())
                    .isLessThanOrEqualTo(other.seconds().orElseThrow() / 0.98);
        });
    }

    @Test
    void strictSumsAreInAxisOrderAndOurs() {
        Result strict = run(
                network(),
                OPTIONS.withVendors(Vendors.ONLY).withNumerics(Numerics.STRICT),
                "y",
                RandomArrays.of(3, 1, 16, 20, 20));
        assertThat(strict.ofOneDnn()).isZero();
    }

    @Test
    void weightsThatOnlyAReplacedKernelReadAreNotKept() {
        NdArray x = RandomArrays.of(3, 1, 16, 20, 20);
        assertThat(bytes(Vendors.ONLY, x)).isLessThan(2 * bytes(Vendors.NONE, x));
    }

    private static long bytes(Vendors vendors, NdArray x) {
        try (Model model = Model.load(network(), OPTIONS.withVendors(vendors));
                Session session = model.newSession()) {
            session.run(Map.of("x", x));
            return model.nativeBytes();
        }
    }
}
