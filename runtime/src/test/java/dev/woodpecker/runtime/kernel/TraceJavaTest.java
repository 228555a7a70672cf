package dev.woodpecker.runtime.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.schedule.Bind;
import dev.woodpecker.compiler.schedule.CacheRead;
import dev.woodpecker.compiler.schedule.Factor;
import dev.woodpecker.compiler.schedule.Fuse;
import dev.woodpecker.compiler.schedule.Split;
import dev.woodpecker.compiler.schedule.Tail;
import dev.woodpecker.compiler.schedule.Trace;
import dev.woodpecker.compiler.schedule.TraceJava;
import dev.woodpecker.compiler.schedule.rule.DefaultSchedule;
import dev.woodpecker.compiler.schedule.rule.ScheduleSpace;
import dev.woodpecker.compiler.schedule.rule.SpacePoint;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TraceJavaTest {
    @TempDir
    private Path folder;

    /** Traces of every kernel of the library with its first cases: default ones for both kinds of targets, and others. */
    private static Set<Trace> traces() {
        Random random = new Random(3);
        Set<Trace> traces = new LinkedHashSet<>();
        KernelTable.cases().values().forEach(cases -> {
            cases.stream().limit(2).forEach(example -> {
                TensorProgram program = example.program();
                for (String name : List.of("cpu:x86-64-v4", "cuda:sm_80")) {
                    Target target = Target.parse(name);
                    var layouts = DefaultSchedule.preferredLayouts(program, target, Numerics.FP32);
                    traces.add(DefaultSchedule.of(program, target, Numerics.FP32, layouts));
                    ScheduleSpace space = new ScheduleSpace(program, target, Numerics.FP32, layouts, Set.of());
                    SpacePoint point = space.point(choice ->
                            choice.domain().get(random.nextInt(choice.domain().size())));
                    if (point instanceof SpacePoint.Scheduled scheduled) {
                        traces.add(scheduled.trace());
                    }
                }
            });
        });
        return traces;
    }

    @Test
    void tracesOfTheLibraryAreEqualAfterTheyWereJava() throws Exception {
        List<Trace> traces = List.copyOf(traces());
        assertThat(traces.size()).isGreaterThan(100);
        List<Trace> made = compiled(traces);
        for (int i = 0; i < traces.size(); i++) {
            assertThat(made.get(i)).isEqualTo(traces.get(i));
        }
    }

    @Test
    void openFactorsAbsentLoopsAndOddNamesAreEqualToo() throws Exception {
        List<Trace> traces = List.of(
                new Trace(
                        "a \"quoted\" \\ sketch",
                        List.of(
                                new Split("k", new Factor.Choice("tile.k", List.of(8L, 16L)), Tail.GUARD),
                                new CacheRead("x", "out", Optional.empty(), Scope.SHARED),
                                new CacheRead("x", "out", Optional.of("k.o"), Scope.SHARED),
                                new Fuse("i", "j"),
                                new Bind("i.j", Loop.Binding.PARALLEL)),
                        Map.of("tile.k", 16L)),
                Trace.of("empty", List.of()));
        assertThat(compiled(traces)).isEqualTo(traces);
    }

    /** The traces that the printed Java makes when it is compiled and run. */
    private List<Trace> compiled(List<Trace> traces) throws Exception {
        SortedSet<String> imports = new TreeSet<>();
        StringBuilder methods = new StringBuilder();
        for (int i = 0; i < traces.size(); i++) {
            TraceJava java = TraceJava.of(traces.get(i));
            imports.addAll(java.imports());
            methods.append("public static Trace t%d() {\nreturn %s;\n}\n".formatted(i, java.expression()));
        }
        StringBuilder source = new StringBuilder();
        imports.forEach(name -> source.append("import ").append(name).append(";\n"));
        source.append("public class Traces {\n").append(methods).append("}\n");
        Path file = Files.writeString(folder.resolve("Traces.java"), source);
        String classPath = Path.of(Trace.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toURI())
                .toString();
        int status = ToolProvider.getSystemJavaCompiler()
                .run(null, null, null, "-proc:none", "-cp", classPath, "-d", folder.toString(), file.toString());
        assertThat(status).isZero();
        List<Trace> made = new ArrayList<>();
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {folder.toUri().toURL()}, Trace.class.getClassLoader())) {
            Class<?> type = loader.loadClass("Traces");
            for (int i = 0; i < traces.size(); i++) {
                Method method = type.getMethod("t" + i);
                made.add((Trace) method.invoke(null));
            }
        }
        return made;
    }
}
