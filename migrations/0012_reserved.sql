-- Nothing: this number was promised to another change when 0013 was made.
select;
