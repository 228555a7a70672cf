package dev.woodpecker.runtime.plan.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.Table;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.schedule.Factor;
import dev.woodpecker.compiler.schedule.Split;
import dev.woodpecker.compiler.schedule.Tail;
import dev.woodpecker.compiler.schedule.Trace;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.plan.program.CopyProgram;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.CacheDirectory.Section;
import dev.woodpecker.runtime.toolchain.Environment;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KernelPrinterTest {
    @TempDir
    Path home;

    /** {@code out[i] = x[i] * B[i]}. */
    private static TensorProgram program(double... table) {
        Axis axis = new Axis("i", Expr.index(table.length));
        Expr x = new Expr.Read("x", DType.F32, List.of(axis.variable()), Optional.empty(), Origin.NONE);
        Expr b = new Expr.TableEntry(
                new Table("B", DType.F32, new int[] {table.length}, table), List.of(axis.variable()));
        Stage stage = new Stage(
                "out", DType.F32, List.of(axis), Optional.empty(), new Expr.Binary(BinaryOp.MUL, x, b), Origin.NONE);
        TensorProgram.Declaration input = new TensorProgram.Declaration("x", DType.F32, List.of(axis.extent()));
        return new TensorProgram("scaled", List.of(input), List.of(stage), List.of("out"));
    }

    private static KernelKey key(double... table) {
        return new KernelKey(program(table), Map.of());
    }

    private KernelPrinter printer(String target) {
        return new KernelPrinter(
                Target.parse(target),
                Numerics.FP32,
                CacheDirectory.open(home),
                KernelLog.of(new Environment(Map.of())));
    }

    private PrintedKernel print(KernelKey key) {
        return printer("cpu:x86-64-v3").print(key);
    }

    @Test
    void aPrinterFindsWhatAnotherPrinted() throws IOException {
        PrintedKernel first = print(key(1, 2, 3));
        List<Path> kept = kept();
        assertThat(kept).hasSize(1);
        // Read, not made: the copy in the cache is told apart by a word of its own.
        PrintedKernel marked = new PrintedKernel(
                first.source(), first.phases(), List.of(4711L), List.of("the index is at most 70,000 \u00e9"), true);
        Path entry = kept.getFirst().getParent();
        CacheDirectory cache = CacheDirectory.open(home);
        var name = new dev.woodpecker.runtime.toolchain.ContentKey(
                entry.getFileName().toString());
        Files.delete(entry.resolve("SHA256SUMS"));
        assertThat(cache.find(Section.SCHEDULED, name)).isEmpty();
        cache.publish(Section.SCHEDULED, name, folder -> Files.write(folder.resolve("kernel"), marked.toBytes()));
        assertThat(print(key(1, 2, 3))).isEqualTo(marked);
    }

    @Test
    void kernelsThatDifferInATableOrTheTargetAloneAreApart() {
        assertThat(print(key(1, 2, 3)).source())
                .isNotEqualTo(print(key(1, 2, 4)).source());
        printer("cpu:x86-64-v2").print(key(1, 2, 3));
        assertThat(kept()).hasSize(3);
    }

    @Test
    void aDamagedEntryIsMadeAnew() throws IOException {
        PrintedKernel first = print(key(1, 2, 3));
        Files.writeString(kept().getFirst(), "something else");
        assertThat(print(key(1, 2, 3))).isEqualTo(first);
    }

    private List<Path> kept() {
        try (Stream<Path> files = Files.walk(home.resolve("v1/scheduled"))) {
            return files.filter(file -> file.endsWith("kernel")).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The second vector of a row of 23 begins at the eighth element, and nine are computed twice. */
    @Test
    void aLastVectorThatBeginsEarlierStoresTwice() {
        assertThat(print(rows(Tail.PEEL)).storesOnce()).isTrue();
        assertThat(print(rows(Tail.SHIFT)).storesOnce()).isFalse();
    }

    /** {@code out[i, j] = x[i, j]}, four rows of 23. */
    private static KernelKey rows(Tail tail) {
        Trace trace = new Trace("test", List.of(new Split("i1", Factor.of(16), tail)), Map.of());
        return new KernelKey(CopyProgram.of(DType.F32, new int[] {4, 23}), Map.of(), Optional.of(trace));
    }
}
