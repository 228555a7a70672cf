package dev.woodpecker.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.runtime.PlanFileException.Reason;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Dimension;
import dev.woodpecker.runtime.graph.Shape;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.assertj.core.api.ThrowableAssert;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A small network as a plan file: what it computes, what its bytes depend on, and how it is refused. */
class PlanFileTest {
    private static final Options OPTIONS =
            Options.defaults().withoutShippedRecords().withRecords();

    @TempDir
    static Path directory;

    private static Path model;
    private static Path plan;
    private static String digest;

    @BeforeAll
    static void builds() {
        model = network();
        plan = directory.resolve("network.wpk");
        digest = PlanBuild.of(model, cached("build"))
                .forShapes(List.of(Map.of("batch", 1), Map.of("batch", 2)))
                .write(plan)
                .digest();
    }

    private static Options cached(String cache) {
        return OPTIONS.withCacheDirectory(directory.resolve(cache));
    }

    /** No compiler can be had by these options. */
    private static Options withoutCompiler() {
        return cached("run").withCompiler("/no/such/compiler").trustPlan(digest);
    }

    /** y = softmax(maxpool(relu(conv(x, w) + b)) flattened, times v), x: [batch, 3, 10, 10]. */
    private static Path network() {
        Path file = directory.resolve("network.onnx");
        TensorType x = new TensorType(
                DType.F32,
                new Shape(List.of(
                        new Dimension.Symbolic("batch"),
                        new Dimension.Known(3),
                        new Dimension.Known(10),
                        new Dimension.Known(10))));
        new OnnxModelBuilder("network", 17)
                .input("x", x)
                .initializer("w", RandomArrays.of(1, 8, 3, 3, 3))
                .initializer("b", RandomArrays.of(2, 8))
                .initializer("v", RandomArrays.of(3, 128, 5))
                .node("Conv", List.of("x", "w", "b"), "c", Map.of())
                .node("Relu", List.of("c"), "r", Map.of())
                .node(
                        "MaxPool",
                        List.of("r"),
                        "p",
                        Map.of(
                                "kernel_shape", new Attribute.Ints(List.of(2L, 2L)),
                                "strides", new Attribute.Ints(List.of(2L, 2L))))
                .node("Flatten", List.of("p"), "f", Map.of())
                .node("MatMul", List.of("f", "v"), "m", Map.of())
                .node("Softmax", List.of("m"), "y", Map.of())
                .output("y")
                .write(file);
        return file;
    }

    private static NdArray run(Path file, Options options, NdArray x) {
        try (Model loaded = Model.load(file, options);
                Session session = loaded.newSession()) {
            return Objects.requireNonNull(session.run(Map.of("x", x)).get("y"));
        }
    }

    private static void assertRefused(ThrowableAssert.ThrowingCallable action, Reason reason, String... words) {
        assertThatThrownBy(action)
                .isInstanceOfSatisfying(
                        PlanFileException.class, e -> assertThat(e.reason()).isEqualTo(reason))
                .hasMessageContainingAll(words);
    }

    @Test
    void runsWithoutACompilerAndGivesTheModelsResult() {
        for (int batch : new int[] {1, 2}) {
            NdArray x = RandomArrays.of(7, batch, 3, 10, 10);
            Difference difference = Difference.between(
                    run(plan, withoutCompiler(), x), run(model, cached("build"), x), Difference.Tolerance.ONNX);
            assertThat(difference.isAccepted()).as(difference.explanation()).isTrue();
        }
    }

    @Test
    void hasTheModelsInputsAndOutputs() {
        try (Model loaded = Model.load(plan, withoutCompiler());
                Model original = Model.load(model, cached("build"))) {
            assertThat(loaded.inputs()).isEqualTo(original.inputs());
            assertThat(loaded.outputs()).isEqualTo(original.outputs());
        }
    }

    @Test
    void theSameModelGivesTheSameBytesWhateverWasCompiledBefore() throws IOException {
        Path again = directory.resolve("again.wpk");
        PlanBuild.of(model, cached("other"))
                .forShapes(List.of(Map.of("batch", 1), Map.of("batch", 2)))
                .write(again);
        assertThat(again).hasSameBinaryContentAs(plan);
        // From the cache now, which has been run from, too.
        run(model, cached("other"), RandomArrays.of(7, 1, 3, 10, 10));
        PlanBuild.of(model, cached("other"))
                .forShapes(List.of(Map.of("batch", 1), Map.of("batch", 2)))
                .write(again);
        assertThat(again).hasSameBinaryContentAs(plan);
    }

    @Test
    void isAZipOfSortedEntriesWithoutCompression() throws IOException {
        try (ZipFile zip = new ZipFile(plan.toFile())) {
            List<String> names = new ArrayList<>();
            for (ZipEntry entry : Collections.list(zip.entries())) {
                names.add(entry.getName().replaceAll("[0-9a-f]{64}", "HASH"));
                assertThat(entry.getMethod()).isEqualTo(ZipEntry.STORED);
                assertThat(zip.getInputStream(entry).readAllBytes()).hasSize((int) entry.getSize());
            }
            assertThat(names).startsWith("digest", "kernels/HASH.so").endsWith("plan.json", "signature", "weights.bin");
        }
    }

    @Test
    void anotherShapeIsRefusedWithThoseThatThereAre() {
        assertThatThrownBy(() -> run(plan, withoutCompiler(), RandomArrays.of(7, 3, 3, 10, 10)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContainingAll("network.wpk", "f32[3, 3, 10, 10]", "f32[1, 3, 10, 10]", "f32[2, 3, 10, 10]")
                .hasMessageContaining("wpk build --dim");
    }

    @Test
    void codeThatNobodyTrustsIsNotRun() {
        assertRefused(
                () -> Model.load(plan, cached("run")), Reason.UNTRUSTED, "network.wpk", digest, "trustPlan", "--trust");
        assertRefused(() -> Model.load(plan, cached("run").trustPlan("0".repeat(64))), Reason.UNTRUSTED, "network.wpk");
        assertThatThrownBy(() -> OPTIONS.trustPlan("abc"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("64 hexadecimal digits");
    }

    @Test
    void aSignedPlanIsTrustedByItsKeyAndByNoOther() throws Exception {
        KeyPair own = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        KeyPair other = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        Path signed = directory.resolve("signed.wpk");
        PlanBuild.Built built = PlanBuild.of(model, cached("build"))
                .signedWith(own.getPrivate())
                .write(signed);
        NdArray x = RandomArrays.of(7, 1, 3, 10, 10);
        NdArray wanted = run(plan, withoutCompiler(), x);
        assertThat(run(signed, cached("run").trustKey(own.getPublic()), x)).isEqualTo(wanted);
        assertThat(run(signed, cached("run").trustPlan(built.digest()), x)).isEqualTo(wanted);
        assertRefused(
                () -> Model.load(signed, cached("run").trustKey(other.getPublic())),
                Reason.UNTRUSTED,
                "signed.wpk",
                "by none of the trusted keys");
        assertRefused(() -> Model.load(plan, cached("run").trustKey(own.getPublic())), Reason.UNTRUSTED, "not signed");
    }

    @Test
    void everyChangedPartIsFound() throws IOException {
        byte[] bytes = Files.readAllBytes(plan);
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        Map<String, Integer> places = Map.of(
                "weights.bin", text.indexOf("weights.bin", text.indexOf("PK\3\4", text.indexOf("\"targets\""))) + 200,
                "plan.json", text.indexOf("\"targets\""),
                "kernels/", text.indexOf("\177ELF") + 100);
        places.forEach((part, place) -> {
            byte[] changed = bytes.clone();
            changed[place] ^= 1;
            assertRefused(
                    () -> Model.load(write("changed.wpk", changed), withoutCompiler()),
                    Reason.DAMAGED,
                    "changed.wpk",
                    part,
                    "build it again");
        });
    }

    @Test
    void aFileThatIsCutOffIsRefusedWhereverItEnds() throws IOException {
        byte[] bytes = Files.readAllBytes(plan);
        for (int length : new int[] {40, bytes.length / 3, bytes.length - 30, bytes.length - 1}) {
            assertRefused(
                    () -> Model.load(write("short.wpk", java.util.Arrays.copyOf(bytes, length)), withoutCompiler()),
                    Reason.DAMAGED,
                    "short.wpk",
                    "cut off");
        }
    }

    @Test
    void whatIsNoPlanFileIsNamedAsSuch() throws IOException {
        assertRefused(
                () -> Model.load(write("empty.wpk", new byte[0]), withoutCompiler()), Reason.FOREIGN, "empty.wpk");
        assertRefused(
                () -> Model.load(write("text.wpk", "not a plan, but a text".getBytes(StandardCharsets.UTF_8)), OPTIONS),
                Reason.FOREIGN,
                "text.wpk",
                "no plan file");
        assertRefused(
                () -> Model.load(write("model.wpk", Files.readAllBytes(model)), withoutCompiler()),
                Reason.FOREIGN,
                "model.wpk");
    }

    @Test
    void aPlanFileOfAnotherVersionSaysWhatToDo() throws IOException {
        byte[] bytes = Files.readAllBytes(plan);
        int place = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("woodpecker-plan 1") + 16;
        bytes[place] = '2';
        assertRefused(
                () -> Model.load(write("newer.wpk", bytes), withoutCompiler()),
                Reason.FOREIGN,
                "newer.wpk",
                "version 2",
                "version 1",
                "build it again");
    }

    @Test
    void aKernelThatWasChangedInTheCacheIsCopiedAnew() throws IOException {
        NdArray x = RandomArrays.of(7, 1, 3, 10, 10);
        Options options = cached("damaged").withCompiler("/no/such/compiler").trustPlan(digest);
        NdArray wanted = run(plan, options, x);
        try (var files = Files.walk(directory.resolve("damaged"))) {
            for (Path library :
                    files.filter(file -> file.toString().endsWith(".so")).toList()) {
                Files.delete(library);
                Files.writeString(library, "no library");
            }
        }
        assertThat(run(plan, options, x)).isEqualTo(wanted);
    }

    @Test
    void weightsThatWereCheckedBeforeAreCheckedAgainWhenTheFileHasChanged() throws Exception {
        Path file = write("checked.wpk", Files.readAllBytes(plan));
        // What changed a moment ago may be changed again within the same tick of the file system's clock.
        Thread.sleep(2100);
        NdArray x = RandomArrays.of(7, 1, 3, 10, 10);
        NdArray wanted = run(file, withoutCompiler(), x);
        assertThat(directory.resolve("run/v1/kernels/checked-plans/" + digest)).exists();
        assertThat(run(file, withoutCompiler(), x)).isEqualTo(wanted);
        try (RandomAccessFile changed = new RandomAccessFile(file.toFile(), "rw")) {
            FileTime time = Files.getLastModifiedTime(file);
            long place = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1)
                            .lastIndexOf("weights.bin", (int) (changed.length() - 200))
                    + 200;
            changed.seek(place);
            int old = changed.read();
            changed.seek(place);
            changed.write(old ^ 1);
            Files.setLastModifiedTime(file, time);
        }
        assertRefused(() -> Model.load(file, withoutCompiler()), Reason.DAMAGED, "checked.wpk", "weights.bin");
    }

    @Test
    void strictNumericsAreNotHadFromAPlanThatWasBuiltWithout() {
        assertRefused(
                () -> Model.load(plan, withoutCompiler().withNumerics(Numerics.STRICT)),
                Reason.OTHER_NUMERICS,
                "network.wpk",
                "fp32",
                "strict");
    }

    @Test
    void aModelWhoseShapesDependOnElementsIsNotBuilt() {
        Path file = directory.resolve("nonzero.onnx");
        new OnnxModelBuilder("nonzero", 17)
                .input("x", TensorType.of(DType.F32, 2, 3))
                .node("NonZero", List.of("x"), "n", Map.of())
                .node("Cast", List.of("n"), "y", Map.of("to", new Attribute.ElementType(DType.F32)))
                .output("y")
                .write(file);
        assertRefused(
                () -> PlanBuild.of(file, cached("build")).write(directory.resolve("nonzero.wpk")),
                Reason.NOT_BUILT,
                "nonzero.onnx",
                "NonZero",
                "size depends on elements");
        assertThat(directory.resolve("nonzero.wpk")).doesNotExist();
    }

    @Test
    void anUnknownTargetIsNamedWithThoseThatThereAre() {
        assertRefused(
                () -> PlanBuild.of(model, cached("build"))
                        .forTargets("x86-64-v9")
                        .write(directory.resolve("v9.wpk")),
                Reason.NOT_BUILT,
                "x86-64-v9",
                "x86-64-v3");
    }

    private static Path write(String name, byte[] content) {
        try {
            return Files.write(directory.resolve(name), content);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
