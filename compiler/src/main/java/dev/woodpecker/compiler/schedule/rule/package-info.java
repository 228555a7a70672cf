/** What steps are taken where: a rule for each kind of stage and of target, and the choices that a rule leaves open. */
@NullMarked
package dev.woodpecker.compiler.schedule.rule;

import org.jspecify.annotations.NullMarked;
