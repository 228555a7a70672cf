package dev.woodpecker.processor;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.testing.compile.Compilation;
import com.google.testing.compile.JavaFileObjects;
import dev.woodpecker.compiler.expr.KernelProvider;
import dev.woodpecker.compiler.expr.KernelProvider.CompiledKernel;
import dev.woodpecker.dsl.Tensor;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is written for a class with kernels. */
class ProviderTest {
    private static final Path GOLDEN =
            Path.of(System.getProperty("woodpecker.root", ".."), "dsl-processor/src/test/resources/golden");

    @TempDir
    private Path folder;

    @Test
    void relu() throws IOException {
        isGolden("Relu");
    }

    @Test
    void matmul() throws IOException {
        isGolden("MatMul");
    }

    @Test
    void conv2d() throws IOException {
        isGolden("Convolution");
    }

    /** Compares the provider of a class in the golden folder with what stands there. */
    private static void isGolden(String name) throws IOException {
        String source = Files.readString(GOLDEN.resolve(name + ".java"));
        Compilation compilation = Compiling.sources(JavaFileObjects.forSourceString("golden." + name, source));
        assertThat(Compiling.errors(compilation)).isEmpty();
        String provider = Compiling.text(
                compilation.generatedSourceFile("golden." + name + "Kernels").orElseThrow());
        Path golden = GOLDEN.resolve(name + "Kernels.java");
        if (Boolean.getBoolean("golden.update")) {
            Files.writeString(golden, provider);
        }
        assertThat(provider).isEqualTo(Files.readString(golden));
    }

    @Test
    void examplesShowWhatAKernelBecomes() {
        Compilation compilation = Compiling.members("""
            @Kernel(op = "Scale")
            @Example("x=4x8 factor=2")
            @Example("x=64 factor=0.5")
            public static float scale(float x, @Attribute float factor) { return x * factor; }
            """);
        assertThat(Compiling.resource(compilation, "META-INF/woodpecker/p.K.scale.1.c"))
                .contains("int32_t scale(");
        assertThat(Compiling.resource(compilation, "META-INF/woodpecker/p.K.scale.2.cu"))
                .contains("__global__")
                .contains("0.5f");
    }

    @Test
    void referencesCallTheMethod() throws Exception {
        Project project = new Project(folder);
        Path source = project.write("K", """
            @Kernel(op = "Scale")
            public static Tensor scale(Tensor[] xs, float[] factors, boolean negative, int[] order, long axis) {
                return tensor(xs[0].size((int) axis), i -> xs[order[0]].at(i) * factors[0] * (negative ? -1 : 1));
            }
            @Kernel(op = "Half")
            public static float half(float x, long n, boolean b) { return b ? x / n : x; }
            """);
        assertThat(project.compile(List.of(source))).isEmpty();
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {project.classes().toUri().toURL()})) {
            KernelProvider provider =
                    ServiceLoader.load(KernelProvider.class, loader).findFirst().orElseThrow();
            List<CompiledKernel> kernels = provider.kernels();
            assertThat(kernels).extracting(kernel -> kernel.spec().operator()).containsExactly("Scale", "Half");
            Tensor x = Tensor.of(new float[] {1, 2}, 2);
            Object scaled =
                    kernels.get(0).reference().call(new Tensor[] {x, x}, new float[] {3}, true, new int[] {1}, 0L);
            assertThat(((Tensor) scaled).toArray()).containsExactly(-3, -6);
            assertThat(kernels.get(1).reference().call(3.0, 2, true)).isEqualTo(1.5f);
            assertThat(provider.kernels()).isSameAs(kernels);
        }
    }

    @Test
    void textThatIsTooLongForAConstantIsSplit() {
        StringBuilder entries = new StringBuilder();
        for (int i = 0; i < 5_000; i++) {
            entries.append(i == 0 ? "" : ",")
                    .append("1.234567E-")
                    .append(10 + i % 20)
                    .append("f");
        }
        String members = "private static final float[] T = {" + entries + "};"
                + "@Kernel(op = \"F\") public static float f(float x, @Attribute int i) { return x * T[i]; }";
        Compilation compilation = Compiling.members(members);
        assertThat(Compiling.errors(compilation)).isEmpty();
        assertThat(Compiling.text(compilation.generatedSourceFile("p.KKernels").orElseThrow()))
                .contains("String.join(\"\", \"\"\"");
    }
}
