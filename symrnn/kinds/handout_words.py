"""The words of handouts, exercises, their solutions and their hints, in English."""

LABEL = "{cell} network · {kind}"
SOLUTION = "solution"
EXERCISE = "exercise"
HINTS = "exercise with hints"
HANDOUT = "handout"

LEAD = (
    "How does {loss} vary with {W}? We derive {goal} and name the rule behind every line. By the end you can say"
    " which part of the gradient comes from {emph:using} {W} at step {k}, and how that part travels to the loss."
    " You need the chain rule and matrix products."
)
LEAD_EXERCISE = (
    "How does {loss} vary with {W}? Fill in the grey boxes: each has the size of what belongs there. By the end you"
    " can say which part of the gradient comes from {emph:using} {W} at step {k}, and how that part travels to the"
    " loss. You need the chain rule and matrix products."
)
FOOT_VARIANT = "Every line was evaluated at a random point (seed {seed}, sizes {sizes}), the numbers at those of this sheet: deviation below {deviation}, tolerance {tolerance}."
NAME, DATE, POINTS = "Name", "Date", "Points"
ONE_POINT, SEVERAL_POINTS = "({n} point)", "({n} points)"

NETWORK = "The network"
READS = "At each step {times} the network reads an input, updates its state and makes a prediction:"
READS_WORDS = (
    "At each step {times} the network reads one of {n} symbols, updates its state and predicts the next one:"
)
SHARED = "The same {parameters} serve every step: that sharing is the whole difficulty.{start}"
START = " The state {start} at the start is a given constant."
FIGURE = (
    "The network unrolled for {T}. Highlighted: the term {k}. The {explicit:dashed arrow} is the use of {W} that"
    " makes {state}; the {implicit:thick path} carries its effect to {loss}."
)

DERIVATION = "The derivation, one rule at a time"
BEFORE_STEPS = (
    "The question is how {loss} varies with {W}. Step 1 goes from the loss to the last state; from there on each"
    " row applies one rule to the row above."
)
RESULT = "Result"
FROM_STEPS = "from steps 1 to {last}"
IN_WORDS = "{strong:In words.} Read the result from right to left: what does each factor do?"
READING_RESULT = (
    "The use of {W} at step {k} changes {state} by {explicit}; {implicit} carries that"
    " change to the last state; {front} turns it into a change of the loss. One term for each use."
)

FACTORS = "The three factors"
FROM_LOSS = "{strong:From the loss to the state.} The loss sees the state through the scores {z} only."
SOFTMAX = " Softmax and cross entropy cancel to a difference, prediction minus truth:"
SQUARED = " The derivative of half a square is the difference itself:"
FROM_STATE = (
    "{strong:From state to state.} Entry {p} of {state} sees {before} only through its own pre-activation. Row by"
    " row, and as a matrix:"
)
PRODUCT = "Over several steps these factors multiply. Matrix products do not commute; later steps stand on the left:"
FROM_PARAMETER = (
    "{strong:From the parameter to one state, explicitly.} A vector differentiated by a matrix carries three"
    " indices: {p} for the state, {q} and {r} for the matrix. Row {q} of {W} meets only entry {q} of the"
    " pre-activation:"
)
TOGETHER = (
    "{strong:Together.} Because the entry vanishes unless {same}, the sum over {p} collapses: nobody stores the"
    " third-order tensor, and each term of the gradient is a column times a row:"
)

NUMBERS = "With numbers"
GIVEN = "All that is given, {exactly}: the parameters and {start}, with {sizes}.{inputs}"
EXACTLY, ROUNDED = "exactly", "rounded to {digits} decimals"
INPUTS = " The inputs are {inputs}; a symbol stands for the unit vector of its place among {vocabulary}."
COMPUTE = (
    "Compute the predictions and, term by term, the gradient. A few lines of NumPy do; round at the end only."
)
READING_NUMBERS = (
    "The further back {W} was used, the more factors {jacobian} its effect passes through. Where their norms stay"
    " below one, far uses fade: the {emph:vanishing gradient}. What fades are the far terms, not the gradient"
    " itself: its last term contains no such factor. The product of the norms is an upper bound, so it can prove"
    " that terms vanish, never that they explode."
)

SLIPS = "Common slips"
EVERY_SLIP = (
    "{emph:Stopping at the explicit part:} with {before} taken for a constant, one term of the {n} is left.",
    "{emph:Counting paths twice:} inside the sum stands the explicit derivative of a state, not its total one.",
    "{emph:Reversing the product:} the factors of later steps stand on the left; the reversed product has the right"
    " shape and the wrong value.",
    "{emph:Losing the slope:} the Jacobian of one step has two factors; it is neither {W} nor its transpose.",
    "{emph:One state too late:} the use at step {k} meets the state before it, not the state that it makes.",
)

TURN = "Your turn"
ASK_GRAPH = "Redraw Figure 1 for the term {k}. Which arrow is dashed, and which nodes lie on the thick path?"
ANSWER_GRAPH = (
    "Dashed: the arrow from {before} to {state}. Thick: from {state} through the later states to {loss}."
)
ASK_OTHER = "Which single factor of the result changes if {W} is replaced by {U}, and to what?"
ANSWER_OTHER = "Only the explicit one: {claim}."
ASK_ENTRIES = "The explicit tensor of one state has {all} entries. How many of them can differ from zero?"
ANSWER_ENTRIES = "{some}: one for each pair {pair}, with {same}."
