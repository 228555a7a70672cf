package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What of a schedule's tree runs one after another. */
final class Phases {
    private Phases() {}

    /** The nests that run one after another; a reduction over no axes is one of them although it is a sequence. */
    static List<Stmt> of(Stmt tree) {
        if (!(tree instanceof Stmt.Seq(List<Stmt> statements))) {
            return List.of(tree);
        }
        List<Stmt> phases = new ArrayList<>();
        List<Stmt> open = new ArrayList<>();
        for (Stmt s : statements) {
            boolean starts = initOf(s).isPresent() || open.isEmpty();
            if (starts && !open.isEmpty()) {
                phases.add(Stmt.seq(open));
                open.clear();
            }
            open.add(s);
            boolean continues = initOf(open.getFirst()).isPresent()
                    && !s.anyMatch(c -> c instanceof Stmt.Compute k && k.part() == Stmt.Part.FINISH);
            if (!continues) {
                phases.add(open.size() == 1 ? open.getFirst() : new Stmt.Seq(open));
                open = new ArrayList<>();
            }
        }
        return phases;
    }

    /** The stage whose init the statement consists of, apart from loops around it and their peeled copies. */
    static Optional<String> initOf(Stmt stmt) {
        return switch (stmt) {
            case Stmt.For(Loop _, Stmt body) -> initOf(body);
            case Stmt.Compute c when c.part() == Stmt.Part.INIT -> Optional.of(c.stage());
            case Stmt.Seq(List<Stmt> copies)
            when !copies.isEmpty() ->
                initOf(copies.getFirst())
                        .filter(stage ->
                                copies.stream().allMatch(copy -> initOf(copy).equals(Optional.of(stage))));
            default -> Optional.empty();
        };
    }
}
