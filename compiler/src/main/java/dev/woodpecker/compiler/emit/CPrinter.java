package dev.woodpecker.compiler.emit;

import dev.woodpecker.compiler.ir.Bounds;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IrText;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.lower.LoweredKernel;
import dev.woodpecker.compiler.lower.LoweredKernel.Argument;
import dev.woodpecker.compiler.lower.LoweredKernel.Phase;
import dev.woodpecker.compiler.lower.LoweredKernel.Role;
import dev.woodpecker.compiler.lower.PlanScratch;
import dev.woodpecker.compiler.lower.TensorMap;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Prints lowered kernels as one translation unit; the same kernels give the same text. */
public final class CPrinter {
    private final Dialect dialect;
    private final Prologue helpers;

    private CPrinter(Dialect dialect) {
        this.dialect = dialect;
        this.helpers = new Prologue(dialect);
    }

    /** One kernel. */
    public static String print(LoweredKernel kernel, Dialect dialect) {
        return print(List.of(kernel), dialect);
    }

    /** Several kernels, whose phases must have different symbols. */
    public static String print(List<LoweredKernel> kernels, Dialect dialect) {
        CPrinter printer = new CPrinter(dialect);
        StringBuilder functions = new StringBuilder();
        for (LoweredKernel kernel : kernels) {
            functions.append('\n').append(header(kernel));
            for (Phase phase : kernel.phases()) {
                functions.append('\n');
                printer.function(kernel, phase, functions);
            }
        }
        String needed = printer.helpers.text();
        return dialect.prelude() + (needed.isEmpty() ? "" : "\n" + needed) + functions;
    }

    private static String header(LoweredKernel kernel) {
        StringBuilder out = new StringBuilder("/*\n");
        out.append(" * ")
                .append(kernel.name())
                .append("  (")
                .append(kernel.target().name())
                .append(", ")
                .append(kernel.numerics().text())
                .append(")\n");
        for (Argument argument : kernel.arguments()) {
            out.append(" *   ")
                    .append(argument.role().name().toLowerCase(Locale.ROOT))
                    .append(' ')
                    .append(IrText.of(argument.buffer()))
                    .append('\n');
        }
        for (Expr.Param p : kernel.parameters()) {
            out.append(" *   parameter ")
                    .append(p.name())
                    .append(" in ")
                    .append(p.min())
                    .append("..")
                    .append(p.max());
            out.append(p.divisor() > 1 ? ", divisible by " + p.divisor() + "\n" : "\n");
        }
        return out.append(" */\n").toString();
    }

    private boolean isDevice() {
        return !dialect.indices().isEmpty();
    }

    private void function(LoweredKernel kernel, Phase phase, StringBuilder out) {
        Names names = new Names();
        boolean narrow = isDevice() && IndexWidth.fitsInt(phase.body());
        String indexType = dialect.type(narrow ? DType.I32 : DType.I64);
        ExprPrinter expressions = new ExprPrinter(dialect, helpers, names, indexType);
        StmtPrinter statements = new StmtPrinter(
                dialect, helpers, names, expressions, phase.body(), VectorVariables.of(phase.body()), out);
        Set<String> used = new HashSet<>();
        Set<String> stored = new HashSet<>();
        collect(phase.body(), used, stored);
        if (isDevice()) {
            device(kernel, phase, names, stored, out);
            statements.declareDynamicShared();
        } else {
            host(kernel, phase, names, used, stored, statements, out);
        }
        expressions.setBounds(Bounds.none());
        statements.print(phase.body());
        if (!isDevice()) {
            statements.line("return 0;");
        }
        out.append("}\n");
    }

    private void host(
            LoweredKernel kernel,
            Phase phase,
            Names names,
            Set<String> used,
            Set<String> stored,
            StmtPrinter statements,
            StringBuilder out) {
        out.append("int32_t ")
                .append(phase.symbol())
                .append('(')
                .append(KernelAbi.CPU_PARAMETERS)
                .append(") {\n");
        List<String> unused = new ArrayList<>();
        boolean anyBuffer = false;
        for (int i = 0; i < kernel.arguments().size(); i++) {
            Buffer buffer = kernel.arguments().get(i).buffer();
            if (used.contains(buffer.name())) {
                anyBuffer = true;
                String constant = stored.contains(buffer.name()) ? "" : "const ";
                String type = constant + dialect.type(buffer.type()) + " *";
                statements.line(type + names.declareBuffer(buffer.name()) + " = (" + type + ")buffers[" + i + "];");
            }
        }
        boolean anyParameter = false;
        for (int i = 0; i < kernel.parameters().size(); i++) {
            String name = kernel.parameters().get(i).name();
            if (used.contains(name)) {
                anyParameter = true;
                statements.line("const int64_t " + names.declare(name) + " = params[" + i + "];");
            }
        }
        if (!anyBuffer) {
            unused.add("(void)buffers;");
        }
        if (!anyParameter) {
            unused.add("(void)params;");
        }
        if (PlanScratch.of(phase.body()).offsets().isEmpty()) {
            unused.add("(void)scratch;");
        }
        boolean parallel =
                phase.body().anyMatch(s -> s instanceof Stmt.For f && f.loop().binding() == Loop.Binding.PARALLEL);
        if (!parallel) {
            unused.add("(void)begin, (void)end;");
        }
        if (!unused.isEmpty()) {
            statements.line(String.join(" ", unused));
        }
        if (DenormalNumbers.areZeros(kernel.numerics(), phase.body())) {
            statements.line("DENORMALS_ARE_ZEROS;");
        }
    }

    private void device(LoweredKernel kernel, Phase phase, Names names, Set<String> stored, StringBuilder out) {
        int threads = phase.launch().block().stream().reduce(1, Math::multiplyExact);
        List<String> parameters = new ArrayList<>();
        for (Argument argument : kernel.arguments()) {
            Buffer buffer = argument.buffer();
            boolean constant = argument.role() == Role.INPUT || !stored.contains(buffer.name());
            parameters.add((constant ? "const " : "") + dialect.type(buffer.type()) + " *"
                    + names.declareBuffer(buffer.name()));
        }
        for (Expr.Param p : kernel.parameters()) {
            parameters.add("const " + dialect.type(DType.I64) + " " + names.declare(p.name()));
        }
        parameters.add("int *status");
        TensorMap.all(phase.body())
                .forEach(map -> parameters.add(
                        "const __grid_constant__ TensorMap " + names.declare(IntrinsicPrinter.mapName(map))));
        // Where shared memory is what bounds how many blocks are resident, the assembler need not save registers for
        // more.
        String blocks = phase.launch().dynamicSharedBytes() > 0 ? ", 1" : "";
        out.append("extern \"C\" __global__ void __launch_bounds__(")
                .append(threads)
                .append(blocks)
                .append(") ")
                .append(phase.symbol())
                .append("(\n        ")
                .append(String.join(",\n        ", parameters))
                .append(") {\n");
    }

    private static void collect(Stmt s, Set<String> used, Set<String> stored) {
        s.expressions().forEach(e -> collect(e, used));
        switch (s) {
            case Stmt.Store store -> {
                used.add(store.buffer().name());
                stored.add(store.buffer().name());
            }
            case Stmt.AsyncCopy copy -> {
                used.add(copy.from().name());
                used.add(copy.to().name());
                stored.add(copy.to().name());
            }
            case Stmt.TileCopy copy -> {
                used.add(copy.to().name());
                stored.add(copy.to().name());
            }
            case Stmt.Invoke invoke ->
                invoke.operands().forEach(w -> {
                    used.add(w.buffer().name());
                    stored.add(w.buffer().name());
                });
            case Stmt.Seq _,
                    Stmt.For _,
                    Stmt.If _,
                    Stmt.Let _,
                    Stmt.Allocate _,
                    Stmt.Compute _,
                    Stmt.Check _,
                    Stmt.Barrier _,
                    Stmt.Commit _,
                    Stmt.Wait _,
                    Stmt.Ring _ -> {}
        }
        s.children().forEach(child -> collect(child, used, stored));
    }

    private static void collect(Expr e, Set<String> used) {
        if (e instanceof Expr.Load load) {
            used.add(load.buffer().name());
        } else if (e instanceof Expr.Param p) {
            used.add(p.name());
        }
        e.operands().forEach(operand -> collect(operand, used));
    }
}
