package dev.woodpecker.processor;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.testing.compile.Compilation;
import dev.woodpecker.compiler.expr.KernelText;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import javax.annotation.processing.AbstractProcessor;
import javax.annotation.processing.RoundEnvironment;
import javax.lang.model.SourceVersion;
import javax.lang.model.element.TypeElement;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import org.eclipse.jdt.internal.compiler.tool.EclipseCompiler;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kernels over several files, jars, compilations, rounds and compilers. */
class SourcesTest {
    private static final String HALVE = """
        private static final float[] HALF = {0.5f};
        @Kernel(op = "Halve")
        public static Tensor halve(Tensor x) {
            require(x.rank() == 1);
            Tensor y = tensor(x.size(0), i -> HALF[0] * x.at(i));
            return y;
        }
        """;
    private static final String QUARTER = """
        @Kernel(op = "Quarter")
        public static Tensor quarter(Tensor y) { return Halve.halve(Halve.halve(y)); }
        """;
    private static final String SERVICES = "META-INF/services/dev.woodpecker.compiler.expr.KernelProvider";

    @TempDir
    private Path folder;

    @Test
    void aKernelOfAnotherSourceIsInlined() {
        Compilation compilation = Compiling.sources(
                Compiling.source("p.Halve", Compiling.IMPORTS + "public class Halve {" + HALVE + "}"),
                Compiling.source(
                        "q.Quarter",
                        "import p.Halve;\n" + Compiling.IMPORTS + "public class Quarter {" + QUARTER + "}"));
        assertThat(KernelText.print(Compiling.kernelOf(compilation, "q.Quarter.quarter")))
                .contains("require(y.rank() == 1);")
                .contains("HALF[0] * y[i]")
                .contains("\"Halve.java\"");
    }

    @Test
    void aKernelOfALibraryIsInlinedFromItsText() {
        Project library = new Project(folder.resolve("library"));
        assertThat(library.compile(List.of(library.write("Halve", HALVE)))).isEmpty();
        Project user = new Project(folder.resolve("user")).dependingOn(library);
        assertThat(user.compile(List.of(user.write("Quarter", QUARTER)))).isEmpty();
        assertThat(user.read("META-INF/woodpecker/p.Quarter.quarter.kernel")).contains("""
            {
                table HALF f32[1] = {0.5};
                require(y.rank() == 1);
                require(1 == 1);
                let y2 = tensor(i < y.size(0)) { HALF[0] * y[i] };
                let y3 = tensor(i2 < y2.size(0)) { HALF[0] * y2[i2] };
                y3
            }
            """);
    }

    @Test
    void aLibraryCompiledWithoutTheProcessorIsAnError() {
        Project library = new Project(folder.resolve("library"));
        assertThat(library.compile(List.of(library.write("Halve", HALVE)), "-proc:none"))
                .isEmpty();
        Project user = new Project(folder.resolve("user")).dependingOn(library);
        assertThat(user.compile(List.of(user.write("Quarter", QUARTER))))
                .hasSize(2)
                .allSatisfy(message -> assertThat(message)
                        .startsWith("WPK-E031 source is not available: kernel halve is called, but there is no file:")
                        .contains("p.Halve.halve.kernel: the class was compiled without the processor"));
    }

    @Test
    void providersOfSeveralCompilationsAreMerged() throws IOException {
        Project project = new Project(folder);
        Path halve = project.write("Halve", HALVE);
        assertThat(project.compile(List.of(halve))).isEmpty();
        assertThat(project.compile(List.of(project.write("Quarter", QUARTER)))).isEmpty();
        assertThat(project.read(SERVICES)).isEqualTo("p.HalveKernels\np.QuarterKernels\n");

        // A class that loses its kernels, and a provider that is deleted, are dropped.
        project.write("Halve", "@Deprecated public static int kernels() { return 0; }");
        Path third = project.write("Third", HALVE);
        assertThat(project.compile(List.of(halve, third))).isEmpty();
        assertThat(project.read(SERVICES)).isEqualTo("p.QuarterKernels\np.ThirdKernels\n");
        Files.delete(project.classes().resolve("p/QuarterKernels.class"));
        assertThat(project.compile(List.of(third))).isEmpty();
        assertThat(project.read(SERVICES)).isEqualTo("p.ThirdKernels\n");
    }

    @Test
    void sourcesAreWrittenWithoutCompiling() {
        Project project = new Project(folder);
        assertThat(project.compile(List.of(project.write("Halve", HALVE)), "-proc:only"))
                .isEmpty();
        assertThat(project.read("p/HalveKernels.java")).contains("implements KernelProvider");
        assertThat(project.classes().resolve("p/Halve.class")).doesNotExist();
    }

    @Test
    void generatedSourcesHaveNoWarnings() {
        Project project = new Project(folder);
        Path halve = project.write("Halve", "private Halve() {}\n" + HALVE);
        assertThat(project.compile(List.of(halve), "-Werror", "-Xlint:all,-path,-classfile"))
                .isEmpty();
    }

    @Test
    void kernelsInGeneratedSourcesAreReadInTheirRound() {
        Project project = new Project(folder);
        Path seed = project.write("Seed", "@Deprecated public static final int ONE = 1;");
        assertThat(project.compile(
                        List.of(new Generator(), new KernelProcessor()), List.of(seed), "-Xlint:-deprecation"))
                .isEmpty();
        assertThat(project.read(SERVICES)).isEqualTo("p.GeneratedKernels\n");
    }

    /** Writes a class with a kernel in the first round. */
    private static final class Generator extends AbstractProcessor {
        private boolean isDone;

        @Override
        public Set<String> getSupportedAnnotationTypes() {
            return Set.of("*");
        }

        @Override
        public SourceVersion getSupportedSourceVersion() {
            return SourceVersion.latest();
        }

        @Override
        public boolean process(Set<? extends TypeElement> annotations, RoundEnvironment round) {
            if (!isDone) {
                isDone = true;
                try (Writer writer =
                        processingEnv.getFiler().createSourceFile("p.Generated").openWriter()) {
                    writer.write("package p;" + Compiling.IMPORTS + "public class Generated {" + HALVE + "}");
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
            return false;
        }
    }

    @Test
    void otherCompilersTellThePlaceInTheMessage() {
        Project project = new Project(folder).with(new EclipseCompiler());
        Path source = project.write("K", HALVE.replace("x.at(i)", "x.at(-1)"));
        assertThat(project.compile(List.of(source), "-source", "25", "-target", "25"))
                .anySatisfy(message -> assertThat(message).startsWith("K.java:9:54: WPK-E024 read outside the tensor"));
    }

    @Test
    void otherCompilersWriteTheSame() {
        Project eclipse = new Project(folder.resolve("eclipse")).with(new EclipseCompiler());
        assertThat(eclipse.compile(List.of(eclipse.write("Halve", HALVE)), "-source", "25", "-target", "25"))
                .isEmpty();
        Project javac = new Project(folder.resolve("javac"));
        assertThat(javac.compile(List.of(javac.write("Halve", HALVE)))).isEmpty();
        for (String file : List.of("META-INF/woodpecker/p.Halve.halve.kernel", "p/HalveKernels.java", SERVICES)) {
            assertThat(eclipse.read(file)).isEqualTo(javac.read(file));
        }
    }

    @Test
    void aClassOfTheProvidersNameIsAnError() {
        Project project = new Project(folder);
        List<Path> sources = List.of(project.write("Halve", HALVE), project.write("HalveKernels", ""));
        assertThat(project.compile(sources))
                .anySatisfy(message -> assertThat(message).startsWith("WPK-E034 generated class already exists"));
    }

    @Test
    void aFailureOfTheProcessorIsAnErrorAndNoCrash() {
        JavaFileObject unreadable =
                new SimpleJavaFileObject(URI.create("string:///p/K.java"), JavaFileObject.Kind.SOURCE) {
                    @Override
                    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                        boolean isProcessor = StackWalker.getInstance()
                                .walk(frames -> frames.anyMatch(
                                        frame -> frame.getClassName().equals(SourceParser.class.getName())));
                        if (isProcessor) {
                            throw new IllegalStateException("the disk is gone");
                        }
                        return "package p;" + Compiling.IMPORTS + "public class K {" + HALVE + "}";
                    }
                };
        assertThat(Compiling.errors(Compiling.sources(unreadable)))
                .anySatisfy(error -> assertThat(error)
                        .contains("WPK-E033 internal error of the processor")
                        .contains("the disk is gone"));
    }
}
