package dev.woodpecker.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.woodpecker.compiler.expr.KernelSpec;
import dev.woodpecker.dsl.Kernel;
import dev.woodpecker.tuner.TunerMain;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** A kernel in a project that Woodpecker does not know of, laid out and compiled as the README says. */
class UserProjectTest {
    private static final String SOURCE = """
        package com.acme;

        import static dev.woodpecker.dsl.Dsl.*;

        import dev.woodpecker.dsl.Kernel;
        import dev.woodpecker.dsl.Tensor;

        public final class Distances {
            /** Squared distances between all rows. x: [m, k]; y: [n, k]. */
            @Kernel(op = "com.acme::Distances")
            public static Tensor distances(Tensor x, Tensor y) {
                return tensor(x.size(0), y.size(0), (i, j) ->
                        sum(x.size(1), k -> (x.at(i, k) - y.at(j, k)) * (x.at(i, k) - y.at(j, k))));
            }
        }
        """;

    @Test
    @Timeout(90)
    void itsKernelIsTunedWithoutAChangeToWoodpecker(@TempDir Path project) throws IOException {
        Path classes = compile(project);
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exitCode = new CommandLine(new TunerMain())
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(
                        "com.acme::Distances",
                        "--class-path",
                        classes.toString(),
                        "--shape",
                        "x=32x24",
                        "--shape",
                        "y=40x24",
                        "--search",
                        "random",
                        "--trials",
                        "4",
                        "--budget",
                        "30s",
                        "--records",
                        project.resolve("records.jsonl").toString(),
                        "--json");
        assertThat(exitCode).as(err.toString()).isZero();
        JsonObject task = JsonParser.parseString(out.toString())
                .getAsJsonObject()
                .getAsJsonArray("tasks")
                .get(0)
                .getAsJsonObject();
        assertThat(task.get("operator").getAsString()).isEqualTo("com.acme::Distances");
        assertThat(task.get("trials").getAsInt()).isGreaterThan(1);
        assertThat(task.getAsJsonObject("best").get("gain").getAsDouble()).isGreaterThanOrEqualTo(1);
        assertThat(task.getAsJsonObject("failures").size()).isZero();
    }

    /** As maven-compiler-plugin does with the processor in {@code annotationProcessorPaths}. */
    private static Path compile(Path project) throws IOException {
        Path source = project.resolve("src/main/java/com/acme/Distances.java");
        Files.createDirectories(source.getParent());
        Files.writeString(source, SOURCE);
        Path classes = Files.createDirectories(project.resolve("target/classes"));
        String everything = System.getProperty("java.class.path");
        int status = ToolProvider.getSystemJavaCompiler()
                .run(
                        null,
                        null,
                        null,
                        "-d",
                        classes.toString(),
                        "-cp",
                        location(Kernel.class) + File.pathSeparator + location(KernelSpec.class),
                        "-processorpath",
                        everything,
                        "-processor",
                        "dev.woodpecker.processor.KernelProcessor",
                        source.toString());
        assertThat(status).isZero();
        return classes;
    }

    private static String location(Class<?> type) {
        return type.getProtectionDomain().getCodeSource().getLocation().getPath();
    }
}
