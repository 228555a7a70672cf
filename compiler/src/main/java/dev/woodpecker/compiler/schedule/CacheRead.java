package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stage;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Lets a stage read a tensor from a copy, {@code tensor.cache} (or {@code tensor.registers}): in the loop's every iteration a copy of what is read there,
 * or, with no loop, a copy of the whole made before. Beyond the tensor's extents the copy holds what the read says lies
 * outside, else zeros.
 *
 * <pre>
 * for i.o in 0..4:                  for i.o in 0..4:
 *   for i.i in 0..16:                 for a0 in 0..16:
 *     y[i.o*16 + i.i] = x[..]  ->       x.cache[i.o*16 + a0] = x[i.o*16 + a0]
 *                                     for i.i in 0..16:
 *                                       y[i.o*16 + i.i] = x.cache[..]
 * </pre>
 */
public record CacheRead(String tensor, String stage, Optional<String> loop, Scope scope) implements Step {
    @Override
    public Outcome apply(LoopNest nest, Map<String, Long> decisions) {
        Optional<Stage> reader = nest.program().stage(stage);
        if (reader.isEmpty() || !nest.buffers().containsKey(tensor)) {
            return reject("there is no stage '" + stage + "' or no tensor '" + tensor + "'");
        }
        List<Expr.Read> reads = Stages.reads(reader.get(), tensor);
        if (reads.isEmpty()) {
            return reject("'" + stage + "' does not read '" + tensor + "'");
        }
        Set<Optional<Expr>> outsides = reads.stream().map(Expr.Read::outside).collect(Collectors.toSet());
        if (outsides.size() > 1) {
            return reject("reads of '" + tensor + "' disagree on what lies outside it");
        }
        if (loop.isEmpty() && outsides.iterator().next().isPresent()) {
            return reject("a copy of the whole of '" + tensor + "' has no border; use Border HALO");
        }
        if (loop.isPresent() && nest.find(loop.get()).isEmpty()) {
            return rejectUnknown(loop.get(), nest);
        }
        String cache = Stages.freshTensor(nest.program(), tensor + (scope == Scope.REGISTER ? ".registers" : ".cache"));
        LoopNest cached = cache(nest, reader.get(), cache, outsides.iterator().next());
        if (loop.isEmpty()) {
            return Step.applied(cached.withBuffer(cached.buffer(cache).withScope(scope)));
        }
        return switch (new ComputeAt(cache, loop.get(), scope).apply(cached, decisions)) {
            case Outcome.Rejection(Step _, String reason) -> reject(reason);
            case Outcome.Applied applied -> applied;
        };
    }

    private LoopNest cache(LoopNest nest, Stage reader, String cache, Optional<Expr> outside) {
        List<Expr> shape = Stages.shape(nest.program(), tensor);
        var type = Stages.type(nest.program(), tensor);
        List<Axis> axes = Stages.axes(shape);
        List<Expr> index = axes.stream().<Expr>map(Axis::variable).toList();
        boolean total = nest.program()
                .stage(tensor)
                .filter(s -> Stages.isTotal(nest.program(), s))
                .isPresent();
        Optional<Expr> beyond = loop.isEmpty() || outside.isEmpty() && total
                ? Optional.empty()
                : Optional.of(outside.orElse(Expr.zero(type)));
        Stage copy = new Stage(
                cache,
                type,
                axes,
                Optional.empty(),
                new Expr.Read(tensor, type, index, beyond, Origin.NONE),
                reader.origin());
        Stage changed = Stages.mapReads(
                reader,
                read -> read.tensor().equals(tensor)
                        ? new Expr.Read(cache, type, read.indices(), Optional.empty(), read.origin())
                        : read);
        return nest.withProgram(Stages.insertBefore(nest.program(), copy, changed))
                .withBuffer(Buffer.rowMajor(cache, type, shape, Scope.WORKSPACE))
                .withTree(Stages.insertNestBefore(
                        nest.tree(), stage, LoopNest.nest(copy, new HashSet<>(nest.loopNames()))));
    }
}
